import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('a new display name is sent to watchers and to the user’s own devices', async () => {
  const [ana, ben, cleo] = (await server.people('named', 3)) as [Person, Person, Person];
  const [own, watching, both, stranger] = await Promise.all([
    server.wire(ana),
    server.wire(ben),
    server.wire(ana),
    server.wire(cleo),
  ]);
  const userId = ana.account.id;
  for (const client of [watching, both]) await client.request({ type: 'watch', userIds: [userId] });
  await stranger.request({ type: 'watch', userIds: [ben.account.id] });
  await server.call(ana, 'updateAccount', { displayName: 'Ana Ferreira' });
  const told = { type: 'user', userId, displayName: 'Ana Ferreira' } as const;
  for (const client of [own, watching, both]) expect(await client.next('user')).toEqual(told);
  // A user who no longer watches gets no update; it would have come before the second name.
  await watching.request({ type: 'watch', userIds: [] });
  await server.call(ana, 'updateAccount', { displayName: 'Ana F.' });
  for (const client of [own, both]) await client.next('user', (frame) => frame.displayName === 'Ana F.');
  for (const client of [watching, stranger]) await client.request({ type: 'ping' });
  expect([own, watching, both, stranger].map((client) => client.of('user').length)).toEqual([2, 1, 2, 0]);
  await Promise.all([own, watching, both, stranger].map((client) => client.close()));
});
