import { describe, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import fc from 'fast-check';
import type { Command, Outcome } from '../../src/conversations/command.ts';
import { batchesOf, conversationIds, script } from './scripts.ts';
import { afterAnyScript, Shard } from './shard.ts';

/** What the sender is told: number and time of an entry, or the revision of an amendment. */
function receiptOf(outcome: Outcome | undefined) {
  if (outcome?.kind !== 'done') return outcome;
  const { seq, messageCount, atMs } = outcome.entry;
  return { seq, messageCount, atMs };
}

/** Whether a retry of the command is recognised: it made an entry, or an amendment other than a reaction. */
function isKept(shard: Shard, command: Command, index: number): boolean {
  const outcome = shard.outcomes[index];
  if (outcome?.kind === 'done') return true;
  return outcome?.kind === 'amended' && shard.recordOf(command)?.revision === outcome.revision;
}

describe('a command that comes again (contract 2)', () => {
  /** A script in which one of the commands that made an entry is repeated at a random later position. */
  const withRetry = fc.tuple(script, fc.nat(), fc.nat(), fc.boolean()).map(([each, which, where, cut]) => {
    const first = Shard.after(batchesOf(each));
    const done = each.commands.flatMap((command, index) => (isKept(first, command, index) ? [index] : []));
    const index = done[which % done.length] ?? 0;
    const at = index + 1 + (where % (each.commands.length - index));
    const cuts = each.cuts.toSpliced(at, 0, cut);
    const retried = (command: Command) => batchesOf({ commands: each.commands.toSpliced(at, 0, command), cuts });
    return { first, command: each.commands[index] as Command, outcome: first.outcomes[index] as Outcome, at, retried };
  });

  test('gets the first entry, with its number and its time, and changes nothing', () => {
    fc.assert(
      fc.property(withRetry, ({ first, command, outcome, at, retried }) => {
        const again = Shard.after(retried(command));
        expect(receiptOf(again.outcomes[at])).toEqual(receiptOf(outcome));
        expect(again.outcomes.toSpliced(at, 1)).toEqual(first.outcomes);
        expect(again.logs).toEqual(first.logs);
        expect(again.heads).toEqual(first.heads);
      }),
    );
  });

  test('gets it at any later time', () => {
    fc.assert(
      fc.property(script, fc.nat(), (each, laterMs) => {
        const shard = Shard.after(batchesOf(each));
        const before = shard.outcomes.slice();
        const logs = new Map(shard.logs);
        for (const [index, command] of each.commands.entries()) {
          if (!isKept(shard, command, index)) continue;
          const { result, changes } = shard.carryOut([command], 1_000 + laterMs);
          expect(result.outcomes.map(receiptOf)).toEqual([receiptOf(before[index])]);
          expect(changes).toEqual({ entries: [], heads: [], participants: [], banChanges: [], reaches: [] });
        }
        expect(shard.logs).toEqual(logs);
      }),
    );
  });

  test('is refused when its text differs, and changes nothing', () => {
    fc.assert(
      fc.property(withRetry, ({ first, command, outcome, at, retried }) => {
        fc.pre(command.kind === 'send');
        const { seq } = (outcome as { entry: Entry }).entry;
        const present = first.log(command.conversationId)[seq - 1];
        fc.pre(present?.kind === 'message' && !present.deleted);
        const again = Shard.after(retried({ ...command, text: 'yet another' } as Command));
        expect(again.outcomes[at]).toMatchObject({ kind: 'refused', code: 'client_message_id_reused' });
        expect(again.logs).toEqual(first.logs);
      }),
    );
  });

  test('is identified by conversation, sender and id together', () => {
    afterAnyScript((shard) => {
      const keys = [...shard.logs.values()].flat().flatMap((entry) => {
        return entry.kind === 'message' ? [[entry.conversationId, entry.senderId, entry.clientMessageId].join()] : [];
      });
      expect(new Set(keys).size).toBe(keys.length);
    });
    const send = { kind: 'send', commandId: 'm1', text: 'one' } as const;
    const directId = conversationIds[2] ?? '';
    const shard = Shard.after([
      [{ kind: 'open_direct', conversationId: directId, actorId: 'ana', commandId: ' 1', partnerId: 'ben' }],
      ['ana', 'ben'].map((actorId) => ({ ...send, conversationId: directId, actorId })),
    ]);
    expect(shard.log(directId).map(({ senderId }) => senderId)).toEqual(['ana', 'ana', 'ben']);
  });
});
