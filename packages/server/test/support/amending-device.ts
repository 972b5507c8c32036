import type { Person, RunningServer } from './running-server.ts';
import type { WireClient } from './wire-client.ts';

/** A connection of the user that supports amendments, once the server knows that it does. */
export async function amendingDevice(server: RunningServer, person: Person): Promise<WireClient> {
  const client = await server.wire(person);
  client.send({ type: 'features', features: ['amendments'] });
  await client.request({ type: 'ping' });
  return client;
}
