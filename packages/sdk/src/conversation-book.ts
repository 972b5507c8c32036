import type { Conversation as ConversationData, ConversationId, ServerFrameOf } from '@parley/protocol';
import { ActivityOrder } from './activity-order.ts';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import { withRead } from './entry-effects.ts';
import type { Person } from './people.ts';
import type { ReadMarks } from './read-marks.ts';

/** Keeps what is known of each conversation beside its entries: here, in the store, and told to whoever listens. */
export class ConversationBook {
  readonly order: ActivityOrder;
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly core: ClientCore,
    private readonly readMarks: ReadMarks,
  ) {
    this.order = new ActivityOrder(core.conversations, (conversation) => this.changed(conversation));
  }

  /**
   * Takes in what a conversation is now.
   *
   * @param allShown whether a new one's entries so far count as shown; else only those before one joined do.
   * @param keepsReading whether what was read here counts, though the server knows less.
   */
  update(data: ConversationData, allShown: boolean, keepsReading = true): Conversation {
    const beforeJoining = (data.membership?.joinedSeq ?? data.headSeq + 1) - 1;
    const conversation = this.core.conversations.put(data, allShown ? data.headSeq : beforeJoining, keepsReading);
    if (data.partner) this.core.people.learn([data.partner]);
    this.changed(conversation);
    return conversation;
  }

  /** Takes in what a conversation is in another history than the one that was read. */
  beginAnew(conversation: Conversation, data: ConversationData, position: number): void {
    this.readMarks.forget(conversation.id);
    conversation.beginAnew(data, position);
    this.changed(conversation);
    this.core.events.emit('restored', { conversation });
  }

  /** What was read and not told yet has no number in another history. */
  discardReading(): void {
    this.readMarks.clear();
  }

  async forget(conversationId: ConversationId): Promise<void> {
    const conversation = this.core.conversations.delete(conversationId);
    if (!conversation) return;
    this.core.events.emit('conversation', { conversation, removed: true });
    await this.core.store.deleteConversation(conversationId);
  }

  changed(conversation: Conversation): void {
    this.order.saw(conversation);
    this.core.events.emit('conversation', { conversation, removed: false });
    const stored = { conversation: conversation.data, position: conversation.sequencer.position };
    const write = this.core.store.putConversation(stored);
    this.writing.add(write);
    write.catch(this.core.reportFailure).finally(() => this.writing.delete(write));
  }

  /** Resolves when all that changed so far is in the store; rejects when it can't be. */
  written(): Promise<unknown> {
    return Promise.all(this.writing);
  }

  /** Direct chats show how the other person is called; views, how everybody is. */
  named(people: readonly Person[]): void {
    for (const { id, username, displayName, version } of people) {
      const conversation = this.core.conversations.partners.get(id);
      const partner = conversation?.data.partner;
      if (!partner || (partner.displayName === displayName && partner.version === version)) continue;
      conversation.data = { ...conversation.data, partner: { ...partner, username, displayName, version } };
      this.changed(conversation);
    }
    this.core.events.emit('people', people);
  }

  takeRead(frame: ServerFrameOf<'read'>): void {
    const { conversationId, userId, seq, messageCount } = frame;
    if (userId === this.core.account?.id) this.readElsewhere(conversationId, seq, messageCount);
    this.core.events.emit('read', frame);
  }

  readElsewhere(conversationId: ConversationId, seq: number, messageCount: number): void {
    const conversation = this.core.conversations.get(conversationId);
    if (!conversation) return;
    const data = withRead(conversation.data, seq, messageCount);
    if (data === conversation.data) return;
    conversation.data = data;
    this.changed(conversation);
  }

  markRead(conversation: Conversation, upTo: number): void {
    // A number of before a restore may be one that the conversation doesn't have any more.
    const seq = Math.min(upTo, conversation.data.headSeq);
    if (seq <= (conversation.data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    if (seq >= conversation.data.headSeq) {
      conversation.data = withRead(conversation.data, seq, conversation.data.messageCount);
      this.changed(conversation);
    }
    this.readMarks.mark(conversation.id, seq);
  }
}
