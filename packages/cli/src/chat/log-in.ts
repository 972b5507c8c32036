import { ParleyClient, ParleyError } from '@parley/sdk';
import { ask, askPassword } from '../ask.ts';
import { Failure } from '../failure.ts';

export interface LogInOptions {
  server: string;
  user: string;
  signup: boolean;
  invitation?: string;
}

/** A client that is logged in. Asks for the password unless PARLEY_PASSWORD has it. */
export async function logIn({ server, user, signup, invitation }: LogInOptions): Promise<ParleyClient> {
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    throw new Failure(`--server: ${server} is no address like http://localhost:8080`);
  }
  const client = new ParleyClient({ url: server });
  const password = process.env['PARLEY_PASSWORD'] ?? (await typedPassword());
  const account = { username: user, password, device: 'terminal' };
  const join = () => client.signup({ ...account, ...(invitation === undefined ? {} : { invitation }) });
  try {
    if (signup) await join();
    else {
      await client.login(account).catch(async (error: unknown) => {
        if (!isWrong(error) || !process.stdin.isTTY || !(await wantsAccount(user))) throw error;
        await join();
      });
    }
    return client;
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (!(error instanceof ParleyError)) throw new Failure(`${server} can't be reached`, { cause: error });
    throw new Failure(`${error.message}${isWrong(error) ? ' (--signup makes a new account)' : ''}`, { cause: error });
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'wrong_credentials';
}

async function wantsAccount(user: string): Promise<boolean> {
  const answer = await ask(`That is not the password of ${user}. Make a new account of this name? [y/N] `);
  return /^y/i.test(answer.trim());
}

function typedPassword(): Promise<string> {
  if (process.stdin.isTTY) return askPassword();
  throw new Failure('PARLEY_PASSWORD: set it to the password where there is no terminal to ask at');
}
