import { expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { DistributionUnderTest } from './distribution-under-test.ts';
import { conversationIds, userIds } from './scripts.ts';

const [ana = '', ben = ''] = userIds;
const [conversationId = ''] = conversationIds;

test('a batch that cannot be delivered is decided again and again, and fed once', async () => {
  const distribution = await DistributionUnderTest.start(userIds);
  const fields = { conversationId, actorId: ana, commandId: ' 1', name: 'Name', description: '', announceOnly: false };
  const create: Command = {
    ...{ kind: 'create', conversationKind: 'group', history: 'all', userIds: [ben] },
    ...fields,
  };
  const reach = { partition: 0, logId: 'log', from: 0, to: 1 };
  distribution.diesBefore = 'delivery';
  const first = distribution.distribute([create], { from: 0, reaches: [reach] });
  expect(await first.catch((error: unknown) => error)).toBeInstanceOf(Unavailable);
  for (let attempt = 0; attempt < 5; attempt++) {
    expect(await distribution.retry().catch((error: unknown) => error)).toBeInstanceOf(Unavailable);
  }
  expect(distribution.fed).toEqual([]);
  distribution.diesBefore = null;
  await distribution.retry();
  expect(distribution.fed.map(({ reach: { from, to }, records }) => [from, to, records.length])).toEqual([[0, 1, 1]]);
  expect(distribution.received(ben, conversationId)).toEqual([1]);
});
