import type { ConversationId, Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { Command, Outcome } from '../../src/conversations/command.ts';
import { type ConversationHead, isMember, type Participant } from '../../src/conversations/conversation.ts';
import { type BatchResult, decideBatch } from '../../src/distribution/decide-batch.ts';
import { type BatchToDecide, factsNeeded } from '../../src/distribution/facts-needed.ts';
import { type Changes, type Decision, type Facts, participantKey, repeatKey } from '../../src/history/history-port.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { batchesOf, script } from './scripts.ts';

/** A batch of these commands, of a log that ends with its process. */
export function batchOf(commands: readonly Command[]): BatchToDecide {
  return { records: commands.map((command) => ({ command })), reaches: [] };
}

/** A shard's rows as plain values. A batch gets exactly the facts that it declares, and its changes are written. */
export class Shard {
  readonly logs = new Map<ConversationId, Entry[]>();
  readonly outcomes: Outcome[] = [];
  private readonly rows: Facts = {
    ...{ heads: new Map(), participants: new Map(), repeats: new Map(), decided: new Map() },
    ...{ epochs: new Map(), level: firstLevel },
  };

  /** Decides these batches one after the other, by default all at the same time. */
  static after(batches: readonly (readonly Command[])[], nowMs = 1_000): Shard {
    const shard = new Shard();
    for (const batch of batches) shard.carryOut(batch, nowMs);
    return shard;
  }

  carryOut(commands: readonly Command[], nowMs = 1_000): Decision<BatchResult> {
    const decision = decideBatch(this.factsFor(commands), batchOf(commands), nowMs);
    this.write(decision.changes);
    this.outcomes.push(...decision.result.outcomes);
    return decision;
  }

  get heads(): ConversationHead[] {
    return [...this.rows.heads.values()];
  }

  head(conversationId: ConversationId): ConversationHead {
    const head = this.rows.heads.get(conversationId);
    if (!head) throw new Error(`there is no ${conversationId}`);
    return head;
  }

  participant(conversationId: ConversationId, userId: UserId): Participant | undefined {
    return this.rows.participants.get(participantKey(conversationId, userId));
  }

  participants(conversationId: ConversationId): Participant[] {
    return [...this.rows.participants.values()].filter((each) => each.conversationId === conversationId);
  }

  members(conversationId: ConversationId): Participant[] {
    return this.participants(conversationId).filter(isMember);
  }

  log(conversationId: ConversationId): Entry[] {
    return this.logs.get(conversationId) ?? [];
  }

  /** Exactly the facts that the commands declare. */
  factsFor(commands: readonly Command[]): Facts {
    const needed = factsNeeded(batchOf(commands));
    const participants = needed.participants.map((each) => participantKey(each.conversationId, each.userId));
    const repeats = needed.repeats.map((each) => repeatKey(each.conversationId, each.actorId, each.commandId));
    return {
      heads: only(this.rows.heads, needed.conversationIds),
      participants: only(this.rows.participants, participants),
      repeats: only(this.rows.repeats, repeats),
      ...{ decided: new Map(), epochs: new Map(), level: this.rows.level },
    };
  }

  private write({ entries, heads, participants }: Changes): void {
    for (const { entry, commandId } of entries) {
      this.logs.set(entry.conversationId, [...this.log(entry.conversationId), entry]);
      this.rows.repeats.set(repeatKey(entry.conversationId, entry.senderId, commandId), entry);
    }
    for (const head of heads) this.rows.heads.set(head.id, head);
    for (const participant of participants) {
      this.rows.participants.set(participantKey(participant.conversationId, participant.userId), participant);
    }
  }
}

/** Checks `property` after random scripts, divided into random batches. */
export function afterAnyScript(property: (shard: Shard) => void): void {
  fc.assert(fc.property(script, (each) => property(Shard.after(batchesOf(each)))));
}

function only<Value>(rows: ReadonlyMap<string, Value>, keys: readonly string[]): Map<string, Value> {
  return new Map(
    keys.flatMap((key): [string, Value][] => {
      const value = rows.get(key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
