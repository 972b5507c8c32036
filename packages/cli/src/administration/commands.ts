import { createInterface } from 'node:readline';
import type { ManagedUser } from '@parley/protocol';
import { invitationLink } from '@parley/protocol';
import { pagesOf } from '@parley/sdk';
import { backupDatabase, restoreDatabase, systemClock, verifyDatabase } from '@parley/server';
import type { Command } from 'commander';
import { askPassword } from '../ask.ts';
import { Failure } from '../failure.ts';
import { type Control, withControl } from './control.ts';

const dataOption = ['--data <folder>', 'folder of the database', process.env['PARLEY_DATA'] ?? 'data'] as const;

interface DataOption {
  data: string;
}

/** What the administrator at the server's machine does, whether the server runs or not. */
export function addAdministration(program: Command): void {
  addUser(program.command('user').description('Accounts: list, create, disable, enable, reset a password, invite.'));
  program
    .command('stats')
    .description('What the server holds and who is on it.')
    .option(...dataOption)
    .action(async ({ data }: DataOption) => {
      const stats = await withControl(data, (control) => control.call('getStats', {}));
      for (const [name, value] of Object.entries(stats)) console.log(`${name}\t${value}`);
    });
  program
    .command('backup')
    .description('Copy the database, while the server runs or not, to one consistent point.')
    .argument('<file>', 'the copy; must not exist')
    .option(...dataOption)
    .action((file: string, { data }: DataOption) => {
      console.log(`${backupDatabase(data, file)} bytes in ${file}`);
    });
  program
    .command('restore')
    .description('Put a backup in the place of the database of a server that does not run; the present one is kept.')
    .argument('<file>', 'a copy that "parley backup" made, or any database of Parley')
    .option(...dataOption)
    .action(async (file: string, { data }: DataOption) => {
      const { replaced, conversations, entries } = await restoreDatabase(data, file, systemClock);
      console.log(`${conversations} conversations, ${entries} entries restored from ${file}`);
      if (replaced !== null) console.log(`the database that was there is ${replaced}`);
    });
  program
    .command('verify')
    .description('Read the whole database, while it serves or not, and name what is missing, doubled or disagrees.')
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
    .description('All accounts.')
    .option(...dataOption)
    .action(({ data }: DataOption) => withControl(data, listAccounts));
  user
    .command('create')
    .description('Make an account; the password is read from standard input. The first one administers.')
    .argument('<username>')
    .option(...dataOption)
    .option('--display-name <name>', 'what others see; the username unless given')
    .option('--administrator', 'the account administers the server')
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
      .description(disabled ? 'Log somebody out everywhere and keep them out.' : 'Let somebody in again.')
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
    .description('Set a password, read from standard input, and end every session of the account.')
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
    .description('Make an invitation link, for a server that takes sign-ups by invitation.')
    .option(...dataOption)
    .option('--server <url>', 'where people reach the server, for the link', 'http://localhost:8080')
    .option('--uses <number>', 'how many people it lets in', Number, 1)
    .option('--valid-for-hours <hours>', 'how long it lasts', Number, 168)
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
  const marks = [account.administrator ? 'administrator' : '', account.disabled ? 'disabled' : ''];
  return [account.id, account.username, account.displayName, ...marks.filter((mark) => mark !== '')].join('\t');
}

/** Asked for at a terminal, where it doesn't show; else the first line of standard input. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) return askPassword();
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new Failure('the password is read from standard input, which is empty');
}
