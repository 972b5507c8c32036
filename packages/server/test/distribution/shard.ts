import type { ConversationId, Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { storedRecords } from '../../src/adapters/rows/amendment-tables.ts';
import type { AmendmentRecord } from '../../src/conversations/amendment.ts';
import type { Command, Outcome } from '../../src/conversations/command.ts';
import { type Ban, type ConversationHead, isMember, type Participant } from '../../src/conversations/conversation.ts';
import { type BatchResult, decideBatch } from '../../src/distribution/decide-batch.ts';
import { type BatchToDecide, factsNeeded } from '../../src/distribution/facts-needed.ts';
import {
  type AmendmentFacts,
  type AmendmentFactsNeeded,
  type Changes,
  type Decision,
  type Facts,
  messageKey,
  participantKey,
  reactionKey,
  repeatKey,
} from '../../src/history/history-port.ts';
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
    ...{ heads: new Map(), participants: new Map(), banned: new Set(), repeats: new Map(), decided: new Map() },
    ...{ epochs: new Map(), level: firstLevel },
  };
  private readonly amended: AmendmentFacts = {
    ...{ messages: new Map(), reactions: new Set(), pinCounts: new Map(), records: new Map() },
  };

  private readonly banRows = new Map<string, Ban>();

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

  /** The reactions, numbers of pinned messages and commands of amendments. */
  get amendments(): Omit<AmendmentFacts, 'messages'> {
    const { messages: _, ...others } = this.amended;
    return others;
  }

  recordOf({ conversationId, actorId, commandId }: Command): AmendmentRecord | undefined {
    return this.amended.records.get(repeatKey(conversationId, actorId, commandId));
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

  isBanned(conversationId: ConversationId, userId: UserId): boolean {
    return this.banRows.has(participantKey(conversationId, userId));
  }

  bans(conversationId: ConversationId): Ban[] {
    return [...this.banRows.values()].filter((each) => each.conversationId === conversationId);
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
    const banned = needed.banned.map((each) => participantKey(each.conversationId, each.userId));
    const repeats = needed.repeats.map((each) => repeatKey(each.conversationId, each.actorId, each.commandId));
    return {
      heads: only(this.rows.heads, needed.conversationIds),
      participants: only(this.rows.participants, participants),
      banned: new Set(banned.filter((key) => this.banRows.has(key))),
      repeats: only(this.rows.repeats, repeats),
      ...{ decided: new Map(), epochs: new Map(), level: this.rows.level },
      ...(needed.amendments && { amendments: this.amendmentFacts(needed.amendments) }),
    };
  }

  private amendmentFacts({ messages, reactions, pinCounts, records }: AmendmentFactsNeeded): AmendmentFacts {
    const { amended } = this;
    const recordKeys = records.map((each) => repeatKey(each.conversationId, each.actorId, each.commandId));
    return {
      messages: only(
        amended.messages,
        messages.map(({ conversationId, seq }) => messageKey(conversationId, seq)),
      ),
      reactions: new Set(reactions.map(reactionKey).filter((key) => amended.reactions.has(key))),
      pinCounts: only(amended.pinCounts, pinCounts),
      records: only(amended.records, recordKeys),
    };
  }

  private amend({ messages, reactions, pins, records }: NonNullable<Changes['amendments']>): void {
    const { amended, rows } = this;
    for (const message of messages) {
      const { conversationId, seq, senderId, clientMessageId } = message.entry;
      amended.messages.set(messageKey(conversationId, seq), message);
      this.logs.set(conversationId, this.log(conversationId).with(seq - 1, message.entry));
      rows.repeats.set(repeatKey(conversationId, senderId, clientMessageId), message);
      if (!message.entry.deleted) continue;
      for (const each of amended.reactions) {
        if (each.startsWith(`${messageKey(conversationId, seq)}/`)) amended.reactions.delete(each);
      }
    }
    for (const reaction of reactions) {
      if (reaction.set) amended.reactions.add(reactionKey(reaction));
      else amended.reactions.delete(reactionKey(reaction));
    }
    for (const { conversationId, set } of pins) {
      const count = (amended.pinCounts.get(conversationId) ?? 0) + (set ? 1 : -1);
      if (count > 0) amended.pinCounts.set(conversationId, count);
      else amended.pinCounts.delete(conversationId);
    }
    for (const record of storedRecords(records)) {
      amended.records.set(repeatKey(record.conversationId, record.senderId, record.commandId), record);
    }
  }

  private write({ entries, heads, participants, banChanges, amendments }: Changes): void {
    for (const { commandId, ...message } of entries) {
      const { entry } = message;
      this.amended.messages.set(messageKey(entry.conversationId, entry.seq), message);
      this.logs.set(entry.conversationId, [...this.log(entry.conversationId), entry]);
      this.rows.repeats.set(repeatKey(entry.conversationId, entry.senderId, commandId), message);
    }
    if (amendments) this.amend(amendments);
    for (const head of heads) this.rows.heads.set(head.id, head);
    for (const participant of participants) {
      this.rows.participants.set(participantKey(participant.conversationId, participant.userId), participant);
    }
    for (const { conversationId, userId, ban } of banChanges) {
      const key = participantKey(conversationId, userId);
      if (ban) this.banRows.set(key, ban);
      else this.banRows.delete(key);
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
