import type { ConversationId, MessageEntry, UserId } from '@parley/protocol';
import type {
  AmendmentRecord,
  AmendmentSituation,
  AmendmentStep,
  StoredMessage,
  UserReaction,
} from '../conversations/amendment.ts';
import {
  type AmendmentChanges,
  type AmendmentFacts,
  type Changes,
  messageKey,
  reactionKey,
  repeatKey,
} from '../history/history-port.ts';

/** An amendment to route: a new one, or one whose command came again. */
export interface RoutedAmendment {
  /** After the amendment, or in its present state if the command came again. */
  message: MessageEntry;
  actorId: UserId;
  /** For the devices of the user who reacted. */
  reaction?: { emoji: string; set: boolean };
}

const noFacts: AmendmentFacts = {
  messages: new Map(),
  reactions: new Set(),
  pinCounts: new Map(),
  records: new Map(),
};

/** What a batch amends: the facts as they are after the commands before, and the changes to write. */
export class BatchAmendments implements AmendmentSituation {
  private readonly facts: AmendmentFacts;
  private readonly changed = new Map<string, StoredMessage<MessageEntry>>();
  private readonly reactions = new Map<string, UserReaction & { set: boolean }>();
  private readonly pins = new Map<string, AmendmentChanges['pins'][number]>();
  private readonly pinCounts: Map<ConversationId, number>;
  private readonly made = new Map<string, AmendmentRecord>();
  private readonly records: AmendmentRecord[] = [];

  constructor(
    facts: AmendmentFacts | undefined,
    /** The entries that the batch has made so far. An amendment of one of them changes it here. */
    private readonly written: Changes['entries'],
  ) {
    this.facts = facts ?? noFacts;
    this.pinCounts = new Map(this.facts.pinCounts);
  }

  message(conversationId: ConversationId, seq: number): StoredMessage | undefined {
    const key = messageKey(conversationId, seq);
    return this.changed.get(key) ?? this.facts.messages.get(key) ?? this.writtenAt(conversationId, seq);
  }

  hasReacted(reaction: UserReaction): boolean {
    const key = reactionKey(reaction);
    return this.reactions.get(key)?.set ?? this.facts.reactions.has(key);
  }

  pinCount(conversationId: ConversationId): number {
    return this.pinCounts.get(conversationId) ?? 0;
  }

  madeBy({ conversationId, senderId, commandId }: Parameters<AmendmentSituation['madeBy']>[0]) {
    const key = repeatKey(conversationId, senderId, commandId);
    return this.made.get(key) ?? this.facts.records.get(key);
  }

  take(command: { conversationId: ConversationId; actorId: UserId; commandId: string }, step: AmendmentStep): void {
    const { conversationId, actorId: senderId, commandId } = command;
    const { change, message } = step;
    const { seq } = message.entry;
    const before = this.message(conversationId, seq);
    const wasPinned = before?.entry.kind === 'message' && before.entry.pinned !== undefined;
    this.replace(message);
    if (change.kind === 'react') this.react({ conversationId, seq, userId: senderId, ...change });
    if (change.kind === 'delete') this.dropReactions(conversationId, seq);
    const isPinned = message.entry.pinned !== undefined;
    if (isPinned !== wasPinned) this.pin(conversationId, seq, isPinned);
    const record = { conversationId, senderId, commandId, seq, revision: step.head.revision, kind: change.kind };
    this.records.push(record);
    // The same reaction again changes nothing, so it needs no record of its command.
    if (change.kind !== 'react') this.made.set(repeatKey(conversationId, senderId, commandId), record);
  }

  /** The changes to write; nothing for a batch without amendments. */
  changes(): Pick<Changes, 'amendments'> {
    if (this.records.length === 0) return {};
    const amendments = {
      messages: [...this.changed.values()],
      records: this.records,
      reactions: [...this.reactions.values()].filter(
        (each) => each.set !== this.facts.reactions.has(reactionKey(each)),
      ),
      pins: [...this.pins.values()],
    };
    return { amendments };
  }

  private writtenAt(conversationId: ConversationId, seq: number): Changes['entries'][number] | undefined {
    return this.written.find(({ entry }) => entry.seq === seq && entry.conversationId === conversationId);
  }

  private replace(message: StoredMessage<MessageEntry>): void {
    const { conversationId, seq } = message.entry;
    const written = this.writtenAt(conversationId, seq);
    if (written) Object.assign(written, message);
    else this.changed.set(messageKey(conversationId, seq), message);
  }

  private react({ conversationId, seq, emoji, userId, set }: UserReaction & { set: boolean }): void {
    const reaction = { conversationId, seq, emoji, userId, set };
    this.reactions.set(reactionKey(reaction), reaction);
  }

  /** The store removes the reactions that it has. */
  private dropReactions(conversationId: ConversationId, seq: number): void {
    for (const [key, each] of this.reactions) {
      if (each.seq === seq && each.conversationId === conversationId) this.reactions.delete(key);
    }
  }

  private pin(conversationId: ConversationId, seq: number, set: boolean): void {
    this.pinCounts.set(conversationId, this.pinCount(conversationId) + (set ? 1 : -1));
    const key = messageKey(conversationId, seq);
    if (this.pins.get(key)?.set === !set) this.pins.delete(key);
    else this.pins.set(key, { conversationId, seq, set });
  }
}
