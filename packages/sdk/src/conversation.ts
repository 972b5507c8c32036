import {
  type Account,
  type Conversation as ConversationData,
  type ConversationId,
  type Entry,
  type HistoryPage,
  limits,
  type ResponseOf,
  type Role,
  shownName,
  type UserId,
} from '@parley/protocol';
import { gapsIn, type History, type HistoryRange, understood } from './history.ts';
import type { HttpApi } from './http.ts';
import { type LiveEntriesPorts, liveEntries } from './live-entries.ts';
import type { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { Disconnected } from './parley-error.ts';
import type { People } from './people.ts';
import { Sequencer } from './sequencer.ts';
import type { Store } from './store/store.ts';

/** What a conversation uses of its client. */
export interface ConversationPorts extends LiveEntriesPorts {
  readonly api: Pick<HttpApi, 'call'>;
  readonly store: Pick<Store, 'entries' | 'putEntries'>;
  readonly outbox: Pick<Outbox, 'add' | 'of'>;
  readonly people: Pick<People, 'learn'>;
  /** Null once the session has ended. */
  readonly account: Account | null;
  markRead(conversation: Conversation, seq: number): void;
  typing(conversationId: ConversationId): void;
  /**
   * Whether an answer shows that the server was restored to an earlier moment. The conversation is then read again.
   *
   * @param shown the highest number that was known when the request was sent.
   */
  isOfAnotherHistory(conversation: Conversation, answer: HistoryPage, shown: number): boolean;
  /** Takes in what a conversation is now. */
  update(data: ConversationData, keepsReading?: boolean): Conversation;
  forget(conversationId: ConversationId): Promise<void>;
}

/** One conversation: what is known of it, and what one can do in it. */
export class Conversation {
  readonly id: ConversationId;
  sequencer: Sequencer;
  /** Set while it is being read again after the server was restored: what comes live meanwhile waits. */
  readingAgain: Promise<void> | null = null;
  /** Set while what is missing is being fetched: one fetch at a time. */
  filling: Promise<void> | null = null;

  constructor(
    /** As it was last known; replaced when it changes. */
    public data: ConversationData,
    position: number,
    private readonly ports: ConversationPorts,
  ) {
    this.id = data.id;
    this.sequencer = new Sequencer(position);
  }

  /** What to call it: its name, or the other person's. */
  get title(): string {
    const { name, partner } = this.data;
    if (name !== null) return shownName(name, 'Conversation');
    return partner ? shownName(partner.displayName, partner.username) : 'Conversation';
  }

  /** The highest number that the server is known to have had. */
  get shownUpTo(): number {
    return Math.max(this.sequencer.position, this.data.headSeq);
  }

  get unreadCount(): number {
    return this.data.unreadCount;
  }

  /** Messages that wait to be sent or failed, in their order. */
  get outbox(): OutgoingMessage[] {
    return this.ports.outbox.of(this.id);
  }

  /**
   * Optimistic: returns at once; the message is kept and sent when that is possible, once. An id of one's own makes it
   * safe to call this again with the same text, also in a later run.
   */
  send(text: string, options: { clientMessageId?: string } = {}): OutgoingMessage {
    return this.ports.outbox.add(this.id, text, options.clientMessageId);
  }

  /**
   * Entries as they come, each once, in order, without gaps (contract 3, 4): from now on, or from after the number
   * `after`. Goes on over reconnects; ends when the conversation is no longer one's own.
   */
  live(options: { after?: number } = {}): AsyncGenerator<Entry, void, undefined> {
    return liveEntries(this, this.ports, options.after ?? this.sequencer.position);
  }

  /**
   * A page of entries: the newest, or before, after or around a number. From the server; from the store if the server
   * can't be reached, with the gaps that it has. Not optimistic.
   */
  async history({ from, ...page }: HistoryRange = {}): Promise<History> {
    if (from === 'store' || !this.ports.isConnected) return this.stored(page);
    const shown = this.shownUpTo;
    try {
      const answer = await this.ports.api.call('getHistory', { conversationId: this.id, ...page });
      // Stored for later; what was asked for waits for no disk.
      if (!this.ports.isOfAnotherHistory(this, answer, shown)) {
        this.ports.store.putEntries(this.id, answer.entries).catch(this.ports.reportFailure);
      }
      return { ...answer, source: 'server', gaps: [] };
    } catch (error) {
      // Nothing of a session that ended meanwhile is read.
      if (error instanceof Disconnected && this.ports.account) return this.stored(page);
      throw error;
    }
  }

  /** Optimistic: the unread count changes at once; told to the server now or when it can be reached. */
  markRead(seq: number = this.data.headSeq): void {
    this.ports.markRead(this, seq);
  }

  /** Shows the others that one types; at most once every few seconds. Lost without a connection. */
  typing(): void {
    this.ports.typing(this.id);
  }

  /** Not optimistic, like everything below. */
  async members(page: { cursor?: string; limit?: number } = {}): Promise<ResponseOf<'listMembers'>> {
    const answer = await this.ports.api.call('listMembers', { conversationId: this.id, ...page });
    this.ports.people.learn(answer.members.map(({ user }) => user));
    return answer;
  }

  async add(userIds: UserId[]): Promise<void> {
    await this.ports.api.call('addMembers', { conversationId: this.id, userIds });
  }

  async remove(userId: UserId): Promise<void> {
    await this.ports.api.call('removeMember', { conversationId: this.id, userId });
  }

  async setRole(userId: UserId, role: Role): Promise<void> {
    await this.ports.api.call('setRole', { conversationId: this.id, userId, role });
  }

  async update(change: { name?: string; description?: string; announceOnly?: boolean }): Promise<void> {
    this.ports.update(await this.ports.api.call('updateConversation', { conversationId: this.id, ...change }));
  }

  async leave(): Promise<void> {
    await this.ports.api.call('leaveConversation', { conversationId: this.id });
    await this.ports.forget(this.id);
  }

  /** Goes on from a history in which the entries up to `position` count as shown. */
  beginAnew(data: ConversationData, position: number): void {
    this.data = data;
    this.sequencer = new Sequencer(position);
  }

  private async stored({ before, after, around, limit = limits.historyPageSize }: HistoryRange): Promise<History> {
    const visibleFromSeq = this.data.membership?.visibleFromSeq ?? 1;
    const middle =
      (around ?? after ?? Number.POSITIVE_INFINITY) + (after === undefined ? Math.ceil(limit / 2) : limit + 1);
    const toSeq = Math.min((before ?? middle) - 1, this.shownUpTo);
    const stored = await this.ports.store.entries(this.id, { limit, before: toSeq + 1 });
    const beginSeq = (after ?? 0) + 1;
    const entries = stored.flatMap(understood).filter(({ seq }) => seq >= beginSeq);
    // A full page goes no further down, whether all of it can be read or not.
    const fromSeq = Math.max(visibleFromSeq, beginSeq, (stored.length === limit && stored[0]?.seq) || 0);
    return { entries, visibleFromSeq, source: 'store', gaps: gapsIn(entries, fromSeq, toSeq) };
  }
}
