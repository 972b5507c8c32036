import { describe, expect, test } from 'bun:test';
import type { ConversationId, Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { DistributionUnderTest } from './distribution-under-test.ts';
import { includes, membershipsOf } from './memberships.ts';
import { batchesOf, conversationIds, script, userIds } from './scripts.ts';
import { by, create } from './situations.ts';

/** The numbers that the user has to receive, according to the memberships in the log. */
function due(log: readonly Entry[], userId: UserId): number[] {
  const memberships = membershipsOf(log).get(userId) ?? [];
  const seqs = log.map(({ seq }) => seq).filter((seq) => memberships.some((each) => includes(each, seq)));
  const [first] = log;
  // A direct conversation is shown to the other user with its first message.
  const isPartner = first?.kind === 'created' && first.conversationKind === 'direct' && first.senderId !== userId;
  return isPartner ? seqs.filter((seq) => seq > 1) : seqs;
}

async function forEverybody(
  distribution: DistributionUnderTest,
  property: (userId: UserId, conversationId: ConversationId, log: readonly Entry[]) => void,
): Promise<void> {
  for (const conversationId of conversationIds) {
    const log = await distribution.log(conversationId);
    for (const userId of userIds) property(userId, conversationId, log);
  }
}

const moment = fc.constantFrom('indexing' as const, 'delivery' as const);
const firsts = (seqs: readonly number[]) => [...new Set(seqs)];

describe('an entry goes to those whose membership covers it (contract 8)', () => {
  test('to all of them, to nobody else, in order, for every division into batches', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (each) => {
        const distribution = await DistributionUnderTest.start(userIds);
        for (const batch of batchesOf(each)) await distribution.distribute(batch);
        await forEverybody(distribution, (userId, conversationId, log) => {
          expect(firsts(distribution.received(userId, conversationId))).toEqual(due(log, userId));
        });
      }),
    );
  });

  test('on every server to which a recipient is connected', async () => {
    const distribution = await DistributionUnderTest.start(['owner', 'member', 'stranger']);
    await distribution.connect('member', 'stranger');
    await distribution.distribute([create(), by('owner', { kind: 'send', text: 'to two devices' })]);
    for (const at of ['member', 'stranger']) {
      const copies = distribution.copies(at).filter(({ recipientIds }) => recipientIds.includes('member'));
      expect(copies.map(({ entry }) => entry.seq)).toEqual([1, 2]);
    }
  });

  test('once, when no command came again', async () => {
    await fc.assert(
      fc.asyncProperty(script, async ({ commands, cuts }) => {
        const distribution = await DistributionUnderTest.start(userIds);
        const once = commands.map((command, index) => ({ ...command, commandId: `${command.commandId} ${index}` }));
        for (const batch of batchesOf({ commands: once, cuts })) await distribution.distribute(batch);
        await forEverybody(distribution, (userId, conversationId, log) => {
          expect(distribution.received(userId, conversationId)).toEqual(due(log, userId));
        });
      }),
    );
  });

  test('also when records come again after a crash, together with later ones (race 1)', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), moment, async (each, which, at) => {
        const distribution = await DistributionUnderTest.start(userIds);
        const batches = batchesOf(each);
        const crashed = which % batches.length;
        for (const batch of batches.slice(0, crashed)) await distribution.distribute(batch);
        distribution.diesBefore = at;
        // A batch without participants to index succeeds; its records may come again nevertheless.
        await Promise.allSettled([distribution.distribute(batches[crashed] ?? [])]);
        distribution.diesBefore = null;
        await distribution.restart();
        await distribution.distribute(batches.slice(crashed, crashed + 2).flat());
        for (const batch of batches.slice(crashed + 2)) await distribution.distribute(batch);
        await forEverybody(distribution, (userId, conversationId, log) => {
          const received = new Set(distribution.received(userId, conversationId));
          const isDue = new Set(due(log, userId));
          expect([...received].filter((seq) => !isDue.has(seq))).toEqual([]);
          const membership = membershipsOf(log).get(userId)?.at(-1);
          const dueToMembership = [...isDue].filter((seq) => membership && includes(membership, seq));
          expect(dueToMembership.filter((seq) => !received.has(seq))).toEqual([]);
        });
      }),
    );
  });
});

describe('the outcome of a command', () => {
  test('is sent once for each, in order, to the server that waits for it', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (each) => {
        const distribution = await DistributionUnderTest.start(userIds);
        for (const batch of batchesOf(each)) await distribution.distribute(batch);
        for (const userId of userIds) {
          const told = distribution.told(userId).flatMap((each) => (each.kind === 'outcome' ? [each.requestId] : []));
          const asked = each.commands.filter(({ actorId }) => actorId === userId);
          expect(told).toEqual(asked.map(({ commandId }) => commandId));
        }
      }),
    );
  });

  test('comes before the entry itself', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (each) => {
        const distribution = await DistributionUnderTest.start(userIds);
        for (const batch of batchesOf(each)) await distribution.distribute(batch);
        for (const userId of userIds) {
          const acknowledged = new Set<Entry>();
          for (const delivery of distribution.told(userId)) {
            if (delivery.kind === 'outcome' && delivery.outcome.kind === 'done')
              acknowledged.add(delivery.outcome.entry);
            if (delivery.kind === 'entry' && delivery.entry.senderId === userId) {
              expect(acknowledged).toContain(delivery.entry);
            }
          }
        }
      }),
    );
  });
});
