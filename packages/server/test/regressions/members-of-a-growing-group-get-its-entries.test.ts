import { afterAll, beforeAll, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

// One batch can take a conversation past the range in which both ways of routing are used. Users who were connected
// before then still have to receive its entries.
test('a connected member of a group that grows by hundreds at once still receives its entries', async () => {
  const people = await server.people('person', limits.membersPerRequest * 8 + 2);
  const [owner, listener, ...others] = people as [Person, Person, ...Person[]];
  const { id } = await server.call(owner, 'createGroup', { name: 'growing', userIds: [listener.account.id] });
  const listening = await server.wire(listener);
  const sending = await server.wire(owner);
  const hundreds = Array.from({ length: 8 }, (_, index) => others.slice(index * 100, index * 100 + 100));
  await Promise.all(
    hundreds.map((each) =>
      server.call(owner, 'addMembers', { conversationId: id, userIds: each.map(({ account }) => account.id) }),
    ),
  );
  const message = { type: 'send', conversationId: id, clientMessageId: 'last', text: 'still here?' } as const;
  const ack = await sending.request(message);
  if (ack.type !== 'ack') throw new Error(JSON.stringify(ack));
  await listening.next('entry', ({ entry }) => entry.seq === ack.seq);
  expect(listening.seqs(id)).toEqual(Array.from({ length: ack.seq - 1 }, (_, index) => index + 2));
  await Promise.all([listening.close(), sending.close()]);
});
