import type { ConversationId } from '@parley/protocol';
import type { ConversationData } from '@parley/sdk';
import type { Pending } from '../engine/messages.ts';

const none: readonly Pending[] = [];

/** The own messages that no timeline shows as entries yet: waiting, failed, or sent a moment ago. */
export class Outgoing {
  private readonly byConversation = new Map<ConversationId, readonly Pending[]>();

  /** In the order of writing. Returns the same array until something changes. */
  of(conversationId: ConversationId): readonly Pending[] {
    return this.byConversation.get(conversationId) ?? none;
  }

  /**
   * The message that the list shows in place of the conversation's last one: the newest of those that are not part of
   * its history yet, unless it failed before the last activity.
   */
  newestUnsent({ id, headSeq, lastActivityAtMs }: ConversationData): Pending | undefined {
    return this.of(id).findLast(({ status, seq, createdAtMs }) =>
      status === 'failed' ? createdAtMs >= lastActivityAtMs : seq === null || seq > headSeq,
    );
  }

  /** The messages of the first conversation that is not among these and has failed ones. */
  failedOutside(conversations: ReadonlyMap<ConversationId, unknown>): readonly Pending[] {
    for (const [id, messages] of this.byConversation) {
      if (!conversations.has(id) && messages.some(({ status }) => status === 'failed')) return messages;
    }
    return none;
  }

  take(message: Pending): void {
    const known = this.of(message.conversationId);
    const others = known.filter(({ clientMessageId }) => clientMessageId !== message.clientMessageId);
    // Sent, and not shown as pending: its entry says everything.
    if (message.status === 'sent' && others.length === known.length) return;
    const inOrder = [...others, message].sort((a, b) => a.order - b.order);
    this.byConversation.set(message.conversationId, inOrder);
  }

  remove(conversationId: ConversationId, clientMessageIds: ReadonlySet<string>): void {
    this.keep(conversationId, ({ clientMessageId }) => !clientMessageIds.has(clientMessageId));
  }

  /** Removes messages whose entries have numbers up to `headSeq`. */
  removeSentUpTo(conversationId: ConversationId, headSeq: number): void {
    this.keep(conversationId, ({ seq }) => seq === null || seq > headSeq);
  }

  /** Removes sent messages: their numbers are from before a restore of the server. */
  removeSent(conversationId: ConversationId): void {
    this.keep(conversationId, ({ status }) => status !== 'sent');
  }

  clear(): void {
    this.byConversation.clear();
  }

  private keep(conversationId: ConversationId, isKept: (message: Pending) => boolean): void {
    const known = this.of(conversationId);
    const left = known.filter(isKept);
    if (left.length !== known.length) this.byConversation.set(conversationId, left);
  }
}
