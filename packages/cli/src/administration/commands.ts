import { createInterface } from 'node:readline';
import type { ManagedUser } from '@parley/protocol';
import { invitationLink, mixedScripts } from '@parley/protocol';
import { pagesOf } from '@parley/sdk';
import { backupDatabase, restoreDatabase, systemClock, verifyDatabase } from '@parley/server';
import type { Command } from 'commander';
import { askPassword } from '../ask.ts';
import { Failure } from '../failure.ts';
import { type Control, withControl } from './control.ts';
import { addFollowers } from './followers.ts';

const dataOption = ['--data <folder>', 'folder of the database', process.env['PARLEY_DATA'] ?? 'data'] as const;

interface DataOption {
  data: string;
}

/** The commands of an administrator on the server's machine. They work whether the server runs or not. */
export function addAdministration(program: Command): void {
  addUser(
    program
      .command('user')
      .description('List, create, disable and enable accounts, reset passwords, create invitations.'),
  );
  program
    .command('stats')
    .description('Print how much data the server has and how many users are online.')
    .option(...dataOption)
    .action(async ({ data }: DataOption) => {
      const stats = await withControl(data, (control) => control.call('getStats', {}));
      for (const [name, value] of Object.entries(stats)) console.log(`${name}\t${value}`);
    });
  addFollowers(program, dataOption);
  program
    .command('backup')
    .description('Copy the database as of one consistent point in time, while the server runs or not.')
    .argument('<file>', 'file to create; must not exist')
    .option(...dataOption)
    .action((file: string, { data }: DataOption) => {
      console.log(`${backupDatabase(data, file)} bytes in ${file}`);
    });
  program
    .command('restore')
    .description('Replace the database of a stopped server with a backup; the present database is kept.')
    .argument('<file>', 'a file that "parley backup" created, or any database of Parley')
    .option(...dataOption)
    .action(async (file: string, { data }: DataOption) => {
      const { replaced, conversations, entries } = await restoreDatabase(data, file, systemClock);
      console.log(`${conversations} conversations, ${entries} entries restored from ${file}`);
      if (replaced !== null) console.log(`the former database is ${replaced}`);
    });
  program
    .command('verify')
    .description(
      'Read the whole database, while the server runs or not, and report missing, duplicate and inconsistent data.',
    )
    .option(...dataOption)
    .action(({ data }: DataOption) => {
      const { checked, faults, faultCount } = verifyDatabase(data);
      for (const fault of faults) console.log(fault);
      if (faultCount > faults.length) console.log(`and ${faultCount - faults.length} more faults`);
      console.log(`${checked.conversations} conversations, ${checked.entries} entries, ${faultCount} faults`);
      if (faultCount > 0) process.exitCode = 1;
    });
}

function addUser(user: Command): void {
  user
    .command('list')
    .description('List all accounts.')
    .option(...dataOption)
    .action(({ data }: DataOption) => withControl(data, listAccounts));
  user
    .command('create')
    .description('Create an account; the password is read from standard input. The first account is an administrator.')
    .argument('<username>')
    .option(...dataOption)
    .option('--display-name <name>', 'name that others see (default: the username)')
    .option('--administrator', 'make the account an administrator')
    .action(async (username: string, options: DataOption & { displayName?: string; administrator?: true }) => {
      const password = await readPassword();
      const { displayName, administrator } = options;
      const created = await withControl(options.data, (control) =>
        control.call('createAccount', {
          username,
          password,
          ...(displayName === undefined ? {} : { displayName }),
          ...(administrator ? { administrator } : {}),
        }),
      );
      console.log(accountLine(created));
    });
  for (const [name, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    user
      .command(name)
      .description(
        disabled ? 'End all sessions of an account and prevent log-ins.' : 'Allow log-ins of a disabled account again.',
      )
      .argument('<username>')
      .option(...dataOption)
      .action(async (username: string, { data }: DataOption) => {
        const updated = await withControl(data, async (control) => {
          const { id } = await accountNamed(control, username);
          return control.call('setAccountDisabled', { userId: id, disabled });
        });
        console.log(accountLine(updated));
      });
  }
  user
    .command('reset-password')
    .description('Set the password, which is read from standard input, and end all sessions of the account.')
    .argument('<username>')
    .option(...dataOption)
    .action(async (username: string, { data }: DataOption) => {
      const newPassword = await readPassword();
      await withControl(data, async (control) => {
        const { id } = await accountNamed(control, username);
        await control.call('resetPassword', { userId: id, newPassword });
      });
      console.log(`The password of ${username} is set; its sessions have ended.`);
    });
  user
    .command('invite')
    .description('Create an invitation link, for a server with --signup invitation.')
    .option(...dataOption)
    .option('--server <url>', 'public address of the server, for the link', 'http://localhost:8080')
    .option('--uses <number>', 'number of sign-ups that it allows', Number, 1)
    .option('--valid-for-hours <hours>', 'hours until it expires', Number, 168)
    .action(async ({ data, server, ...body }: DataOption & { server: string; uses: number; validForHours: number }) => {
      const invitation = await withControl(data, (control) => control.call('createInvitation', body));
      console.log(invitationLink(server, invitation.token));
    });
}

async function listAccounts(control: Control): Promise<void> {
  for await (const { users } of pagesOf(control, 'listAccounts', {})) {
    for (const account of users) console.log(accountLine(account));
  }
}

async function accountNamed(control: Control, username: string): Promise<ManagedUser> {
  const { users } = await control.call('listAccounts', { q: username, limit: 1 });
  const account = users.find((each) => each.username.toLowerCase() === username.toLowerCase());
  if (!account) throw new Failure(`there is no user ${username}`);
  return account;
}

function accountLine(account: ManagedUser): string {
  const marks = [
    account.administrator ? 'administrator' : '',
    account.disabled ? 'disabled' : '',
    mixedScripts(account.displayName).length > 0 ? 'mixed scripts' : '',
  ];
  return [account.id, account.username, account.displayName, ...marks.filter((mark) => mark !== '')].join('\t');
}

/** Prompted for at a terminal, which doesn't show it; otherwise the first line of standard input. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) return askPassword();
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new Failure('the password is read from standard input, but standard input is empty');
}
