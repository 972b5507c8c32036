import type { Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { MemoryStore, ParleyClient, type Store } from '../../src/index.ts';

let count = 0;

/** Creates a user on the server. */
export function somebody(server: RunningServer, name: string): Promise<Person> {
  return server.person(`${name}${++count}`);
}

/** A live client of a user. */
export async function device(
  server: RunningServer,
  { token, account }: Person,
  store: Store = new MemoryStore(),
): Promise<ParleyClient> {
  if (!(await store.session())) await store.setSession({ token, account });
  const client = new ParleyClient({ url: server.nextUrl(), store });
  await client.resume();
  client.connect();
  await client.live();
  return client;
}
