import type { Account } from '@parley/protocol';
import type { ParleyClient } from '@parley/sdk';
import { clientOf } from './running-server.ts';

/** Somebody at a server in another process: an SDK client, live, and plain requests in the same session. */
export class PersonOverHttp {
  private constructor(
    private readonly url: string,
    private readonly token: string,
    readonly client: ParleyClient,
  ) {}

  static async signUp(url: string, username: string): Promise<PersonOverHttp> {
    const answer = await fetch(`${url}/v1/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'a good password' }),
    });
    const { token, account } = (await answer.json()) as { token: string; account: Account };
    const client = await clientOf(url, { token, account });
    client.connect();
    await client.live();
    return new PersonOverHttp(url, token, client);
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
