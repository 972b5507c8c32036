import { expect } from 'bun:test';
import { deletedText, type Entry, type MessageChange, type MessageEntry } from '@parley/protocol';
import { type Amending, type Conversation, ParleyError } from '@parley/sdk';
import type { ShownConversation } from './shown-conversation.ts';

const emoji = ['👍', '🎉', '❤️', '👩‍👩‍👧', '🇩🇪'];
/** The newest messages are amended, so that several users amend the same one. */
const recent = 30;
/** What can happen to an amendment because of others that were decided before it. */
const usualRefusals = ['message_deleted', 'message_not_found', 'too_many_pins'];

interface Acknowledged {
  conversationId: string;
  seq: number;
  userId: string;
  change: MessageChange;
  revision: number;
}

/** Random amendments of what devices show, and a record of those that the server acknowledged. */
export class RandomAmendments {
  private readonly acknowledged: Acknowledged[] = [];

  constructor(
    private readonly random: (below: number) => number,
    private readonly text: () => string,
  ) {}

  /**
   * Amends a recent message that the device shows. Resolves when that is acknowledged, or refused because of another
   * amendment; null if no message can be amended.
   */
  make(shown: ShownConversation): Promise<void> | null {
    const { client, conversation, arrived } = shown;
    const userId = client.account?.id ?? '';
    const onlyOwn = this.random(2) === 0;
    const messages = arrived.slice(-recent).flatMap((seq) => {
      const entry = shown.get(seq);
      if (entry?.kind !== 'message' || entry.deleted) return [];
      return onlyOwn && entry.senderId !== userId ? [] : [entry];
    });
    const entry = messages[this.random(Math.max(1, messages.length))];
    if (!entry) return null;
    const change = this.changeOf(entry, userId, conversation);
    return this.outcome(amend(conversation, entry, change), { conversationId: conversation.id, userId, change });
  }

  /** The number of acknowledged amendments. */
  get count(): number {
    return this.acknowledged.length;
  }

  /** The kinds of the acknowledged amendments, in alphabetical order. */
  get kinds(): string[] {
    return [...new Set(this.acknowledged.map(({ change }) => change.kind))].sort();
  }

  /** Expects the acknowledged amendments in a conversation's history. */
  expectIn(history: readonly Entry[]): void {
    const bySeq = new Map(history.map((entry) => [entry.seq, entry]));
    const [first] = history;
    const made = this.acknowledged.filter(({ conversationId }) => conversationId === first?.conversationId);
    for (const [seq, changes] of Map.groupBy(made, (each) => each.seq)) {
      const message = bySeq.get(seq) as MessageEntry;
      expect(message.revision ?? 0).toBeGreaterThanOrEqual(Math.max(...changes.map(({ revision }) => revision)));
      expect(stateOf(message)).toEqual(stateAfter(message, changes));
    }
  }

  private changeOf(message: MessageEntry, userId: string, { data }: Conversation): MessageChange {
    const isOwn = message.senderId === userId;
    const pins = data.kind === 'direct' || data.membership?.role !== 'member';
    if (pins && this.random(2) === 0) return { kind: 'pin', set: message.pinned === undefined };
    const choice = isOwn ? this.random(4) : -1;
    if (choice === 0) return { kind: 'delete' };
    if (choice > 0) return { kind: 'edit', text: this.text() };
    const chosen = emoji[this.random(emoji.length)] ?? '';
    const isSet = message.reactions?.some((each) => each.emoji === chosen && each.mine) ?? false;
    return { kind: 'react', emoji: chosen, set: !isSet };
  }

  private async outcome(
    amending: Amending,
    made: Pick<Acknowledged, 'conversationId' | 'userId' | 'change'>,
  ): Promise<void> {
    try {
      const receipt = await amending.done();
      if (receipt) this.acknowledged.push({ ...made, ...receipt });
    } catch (error) {
      if (!(error instanceof ParleyError) || !usualRefusals.includes(error.code)) throw error;
    }
  }
}

function amend(conversation: Conversation, entry: MessageEntry, change: MessageChange): Amending {
  const message = conversation.message(entry);
  switch (change.kind) {
    case 'edit':
      return message.edit(change.text);
    case 'delete':
      return message.delete();
    case 'react':
      return message.react(change.emoji, change.set);
    case 'pin':
      return message.pin(change.set);
  }
}

/**
 * What the acknowledged amendments determine of a message. The order of their revisions is that in which they were
 * decided, except for reactions that were sent again, and these keep the order of their user. Amendments with the same
 * revision are in the order of the acknowledgements.
 */
function stateAfter(message: MessageEntry, changes: readonly Acknowledged[]) {
  if (changes.some(({ change }) => change.kind === 'delete')) return { deleted: true, text: deletedText };
  const reacted = new Set<string>();
  let [text, pinned] = [message.text, false];
  for (const { change, userId } of changes.toSorted((one, other) => one.revision - other.revision)) {
    if (change.kind === 'edit') text = change.text;
    if (change.kind === 'pin') pinned = change.set;
    if (change.kind !== 'react') continue;
    if (change.set) reacted.add(`${userId} ${change.emoji}`);
    else reacted.delete(`${userId} ${change.emoji}`);
  }
  const counts = Map.groupBy(reacted, (each) => each.split(' ')[1] ?? '');
  return { deleted: false, text, pinned, reactions: new Map([...counts].map(([key, each]) => [key, each.length])) };
}

function stateOf({ text, deleted, pinned, reactions = [] }: MessageEntry) {
  if (deleted) return { deleted: true, text };
  return {
    ...{ deleted: false, text, pinned: pinned !== undefined },
    reactions: new Map(reactions.map(({ emoji: key, count }) => [key, count])),
  };
}
