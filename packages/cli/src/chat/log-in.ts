import { ParleyClient, ParleyError } from '@parley/sdk';
import { ask, askPassword } from '../ask.ts';
import { Failure } from '../failure.ts';

export interface LogInOptions {
  server: string;
  user: string;
  signup: boolean;
  invitation?: string;
}

/** Returns a client that is logged in. Prompts for the password unless PARLEY_PASSWORD is set. */
export async function logIn({ server, user, signup, invitation }: LogInOptions): Promise<ParleyClient> {
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    throw new Failure(`--server: ${server} is not an address such as http://localhost:8080`);
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
    throw new Failure(`${error.message}${isWrong(error) ? ' (--signup creates a new account)' : ''}`, { cause: error });
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'wrong_credentials';
}

async function wantsAccount(user: string): Promise<boolean> {
  const answer = await ask(`Wrong username or password. Create a new account ${user}? [y/N] `);
  return /^y/i.test(answer.trim());
}

function typedPassword(): Promise<string> {
  if (process.stdin.isTTY) return askPassword();
  throw new Failure('PARLEY_PASSWORD: set it to the password, because there is no terminal to prompt at');
}
