import type { Account } from '@parley/protocol';
import type { ParleyClient } from '@parley/sdk';
import { clientOf, type Person } from './running-server.ts';

/** A user at a server in another process: a live SDK client, and plain requests in the same session. */
export class PersonOverHttp {
  private constructor(
    private readonly url: string,
    readonly token: string,
    readonly account: Account,
    readonly client: ParleyClient,
  ) {}

  static async signUp(url: string, username: string): Promise<PersonOverHttp> {
    const answer = await fetch(`${url}/v1/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'a good password' }),
    });
    const { token, account } = (await answer.json()) as { token: string; account: Account };
    return new PersonOverHttp(url, token, account, await liveClient(url, { token, account }));
  }

  /** Another live client of the session. */
  again(): Promise<ParleyClient> {
    return liveClient(this.url, this);
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
  }

  post(path: string, body: object): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

async function liveClient(url: string, person: Person): Promise<ParleyClient> {
  const client = await clientOf(url, person);
  client.connect();
  await client.live();
  return client;
}
