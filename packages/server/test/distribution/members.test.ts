import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ConversationHead } from '../../src/conversations/conversation.ts';
import { includes, joining, leaving, membershipsOf } from './memberships.ts';
import { batchesOf, conversationIds, script } from './scripts.ts';
import { afterAnyScript, Shard } from './shard.ts';

describe('members (contract 8)', () => {
  /** Checks after each command, because a batch must not hide a wrong state in between. */
  function checkEach(property: (shard: Shard, headsBefore: readonly ConversationHead[]) => void): void {
    fc.assert(
      fc.property(script, ({ commands }) => {
        const shard = new Shard();
        for (const command of commands) {
          const { heads } = shard;
          shard.carryOut([command]);
          property(shard, heads);
        }
      }),
    );
  }

  test('always include an owner, except in direct conversations', () => {
    checkEach((shard) => {
      for (const { id, kind } of shard.heads) {
        const members = shard.members(id);
        const owners = members.filter(({ role }) => role === 'owner');
        if (kind === 'direct') expect([members.length, owners.length]).toEqual([2, 0]);
        else expect(owners.length > 0).toBe(members.length > 0);
      }
    });
  });

  test('and owners are as many as the head counts', () => {
    checkEach((shard) => {
      for (const head of shard.heads) {
        const members = shard.members(head.id);
        expect(head.memberCount).toBe(members.length);
        expect(head.ownerCount).toBe(members.filter(({ role }) => role === 'owner').length);
      }
    });
  });

  test('close a conversation permanently when the last one leaves', () => {
    checkEach((shard, headsBefore) => {
      for (const head of shard.heads) expect(head.closed).toBe(shard.members(head.id).length === 0);
      for (const head of headsBefore) if (head.closed) expect(shard.head(head.id)).toEqual(head);
    });
  });

  test('are those that follow from the entries in the log', () => {
    afterAnyScript((shard) => {
      for (const { id, history } of shard.heads) {
        const memberships = membershipsOf(shard.log(id));
        expect(
          shard
            .participants(id)
            .map(({ userId }) => userId)
            .sort(),
        ).toEqual([...memberships.keys()].sort());
        for (const participant of shard.participants(id)) {
          const last = memberships.get(participant.userId)?.at(-1);
          const { fromSeq = 0, toSeq = 0 } = last ?? {};
          expect(participant.joinedSeq).toBe(fromSeq);
          expect(participant.leftSeq ?? Number.POSITIVE_INFINITY).toBe(toSeq);
          expect(participant.visibleFromSeq).toBe(history === 'all' ? 1 : fromSeq);
          expect(participant.joinedMessageCount).toBe(shard.log(id)[fromSeq - 1]?.messageCount ?? -1);
        }
      }
    });
  });

  test('are the only senders: the sender of each entry is a member at its number', () => {
    afterAnyScript((shard) => {
      for (const log of shard.logs.values()) {
        const memberships = membershipsOf(log);
        for (const { senderId, seq } of log) {
          expect(memberships.get(senderId)?.some((membership) => includes(membership, seq))).toBe(true);
        }
      }
    });
  });

  test('have participants with the number and time of the entry that last changed them, which only grow', () => {
    fc.assert(
      fc.property(script, (each) => {
        const shard = new Shard();
        for (const [index, batch] of batchesOf(each).entries()) {
          const before = new Map(conversationIds.map((id) => [id, shard.participants(id)]));
          const { changes } = shard.carryOut(batch, index);
          const keys = changes.participants.map(({ conversationId, userId }) => `${conversationId}/${userId}`);
          expect(new Set(keys).size).toBe(keys.length);
          for (const participant of changes.participants) {
            const old = before.get(participant.conversationId)?.find(({ userId }) => userId === participant.userId);
            expect(participant.changedSeq).toBeGreaterThan(old?.changedSeq ?? 0);
          }
        }
        for (const id of conversationIds) {
          for (const { userId, changedSeq, changedAtMs } of shard.participants(id)) {
            const concerning = shard.log(id).filter((entry) => {
              const hasNewRole = entry.kind === 'role' && entry.userId === userId;
              return hasNewRole || joining(entry).includes(userId) || leaving(entry) === userId;
            });
            expect(concerning.at(-1)).toMatchObject({ seq: changedSeq, atMs: changedAtMs });
          }
        }
      }),
    );
  });

  test('have a new membership number exactly with each entry that changes members or roles', () => {
    afterAnyScript((shard) => {
      for (const { id, membershipSeq } of shard.heads) {
        const changing = shard
          .log(id)
          .filter((entry) => entry.kind === 'role' || joining(entry).length > 0 || leaving(entry) !== null);
        expect(membershipSeq).toBe(changing.at(-1)?.seq ?? -1);
      }
    });
  });
});
