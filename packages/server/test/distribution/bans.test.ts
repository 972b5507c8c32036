import { describe, expect, test } from 'bun:test';
import type { Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { Ban } from '../../src/conversations/conversation.ts';
import { factsNeeded } from '../../src/distribution/facts-needed.ts';
import { membershipsOf } from './memberships.ts';
import { batchesOf, script } from './scripts.ts';
import { afterAnyScript, batchOf, Shard } from './shard.ts';

/** The bans after these entries, derived from the log alone. */
function bansAfter(log: readonly Entry[]): Map<UserId, Entry> {
  const bans = new Map<UserId, Entry>();
  for (const entry of log) {
    if (entry.kind === 'banned') bans.set(entry.userId, entry);
    if (entry.kind === 'unbanned') bans.delete(entry.userId);
  }
  return bans;
}

describe('bans', () => {
  test('exclude membership: no entry makes a banned user a member', () => {
    afterAnyScript((shard) => {
      for (const log of shard.logs.values()) {
        for (const { seq } of log) {
          const before = log.slice(0, seq);
          const memberships = membershipsOf(before);
          for (const userId of bansAfter(before).keys()) {
            expect(memberships.get(userId)?.at(-1)?.toSeq ?? 0).toBeLessThan(Number.POSITIVE_INFINITY);
          }
        }
      }
    });
  });

  test('are those that follow from the entries in the log, and as many as the head counts', () => {
    afterAnyScript((shard) => {
      for (const { id, banCount } of shard.heads) {
        const expected = [...bansAfter(shard.log(id))].map(
          ([userId, { seq, senderId, atMs }]): Ban => ({ conversationId: id, userId, seq, bannedBy: senderId, atMs }),
        );
        expect(shard.bans(id).toSorted((a, b) => a.seq - b.seq)).toEqual(expected.toSorted((a, b) => a.seq - b.seq));
        expect(banCount).toBe(expected.length);
      }
    });
  });

  test('are written once for each user and batch, as they are after it', () => {
    fc.assert(
      fc.property(script, (each) => {
        const shard = new Shard();
        for (const batch of batchesOf(each)) {
          const { changes } = shard.carryOut(batch);
          const keys = changes.banChanges.map(({ conversationId, userId }) => `${conversationId}/${userId}`);
          expect(new Set(keys).size).toBe(keys.length);
          for (const { conversationId, userId, ban } of changes.banChanges) {
            expect(bansAfter(shard.log(conversationId)).get(userId)?.seq ?? null).toBe(ban?.seq ?? null);
          }
        }
      }),
    );
  });

  test('are not read for a batch of messages, which depend on none', () => {
    const message = { kind: 'send', conversationId: 'group', actorId: 'ana', commandId: 'm1', text: 'text' } as const;
    expect(factsNeeded(batchOf([message])).banned).toEqual([]);
    const join = { kind: 'join', conversationId: 'group', actorId: 'ana', commandId: ' 1' } as const;
    expect(factsNeeded(batchOf([message, join, join])).banned).toEqual([{ conversationId: 'group', userId: 'ana' }]);
  });
});
