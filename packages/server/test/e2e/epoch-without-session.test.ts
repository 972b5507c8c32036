import { afterAll, beforeAll, expect, test } from 'bun:test';
import { HttpApi } from '@parley/sdk';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('a client without a session gets the epoch of the user’s welcome, whether or not the user exists', async () => {
  const [ana] = (await server.people('epoch', 1)) as [Person];
  const wire = await server.wire(ana);
  const [welcome] = wire.of('welcome');
  const anybody = new HttpApi(server.url, { fetch: (url, init) => fetch(url, init) });
  const epochOf = async (userId: string) => (await anybody.call('getServer', { userId })).epoch;
  expect(welcome?.epoch).toBeString();
  expect(await epochOf(ana.account.id)).toBe(welcome?.epoch as string);
  expect(await epochOf(crypto.randomUUID())).toBeString();
  expect(await anybody.call('getServer', {})).not.toHaveProperty('epoch');
  await expect(anybody.call('getServer', { userId: 'ana' })).rejects.toMatchObject({ code: 'invalid_request' });
  await wire.close();
});
