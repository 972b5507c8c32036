import { createInterface } from 'node:readline/promises';
import { ParleyClient, ParleyError } from '@parley/sdk';
import { Failure } from '../failure.ts';

export interface LogInOptions {
  server: string;
  user: string;
  signup: boolean;
  invitation?: string;
}

/** A client that is logged in. Asks for the password unless PARLEY_PASSWORD has it. */
export async function logIn({ server, user, signup, invitation }: LogInOptions): Promise<ParleyClient> {
  const client = new ParleyClient({ url: server });
  const password = process.env['PARLEY_PASSWORD'] ?? (await askPassword());
  const device = 'terminal';
  const join = () =>
    client.signup({ username: user, password, device, ...(invitation === undefined ? {} : { invitation }) });
  try {
    if (signup) await join();
    else await client.login({ username: user, password, device });
    return client;
  } catch (error) {
    if (!(error instanceof ParleyError)) throw new Failure(`${server} can't be reached`, { cause: error });
    if (error.code === 'wrong_credentials' && process.stdin.isTTY && (await wantsAccount(user))) {
      await join();
      return client;
    }
    const hint = error.code === 'wrong_credentials' ? ' (--signup makes a new account)' : '';
    throw new Failure(`${error.message}${hint}`, { cause: error });
  }
}

async function wantsAccount(user: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`That is not the password of ${user}. Make a new account of this name? [y/N] `);
  lines.close();
  return /^y/i.test(answer.trim());
}

/** Reads a line from the terminal without showing it. */
async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Failure('PARLEY_PASSWORD: set it to the password where there is no terminal to ask at');
  process.stderr.write('Password: ');
  process.stdin.setRawMode(true);
  try {
    let password = '';
    for await (const chunk of process.stdin) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return password;
        if (character === '\u0003') throw new Failure('interrupted');
        if (character === '\u007f') password = [...password].slice(0, -1).join('');
        else password += character;
      }
    }
    return password;
  } finally {
    process.stdin.setRawMode(false);
    process.stderr.write('\n');
  }
}
