import {
  type Conversation as ConversationData,
  type ConversationId,
  type Entry,
  type HistoryPage,
  limits,
  type MessageEntry,
  type ResponseOf,
  type Role,
  shownName,
  type UserId,
} from '@parley/protocol';
import type { AmendmentOutbox } from './amendment-outbox.ts';
import type { ConversationState } from './conversation-state.ts';
import { gapsIn, type History, type HistoryRange, understood } from './history.ts';
import type { HttpApi } from './http.ts';
import type { Identity } from './identity.ts';
import { type LiveEntriesPorts, liveEntries } from './live-entries.ts';
import { Message } from './message.ts';
import type { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { Disconnected } from './parley-error.ts';
import type { PeopleDirectory } from './people-directory.ts';
import type { Store } from './store/store.ts';

/** The internal state of a conversation, and the conversation that callers get of it. */
export type ConversationRecord = ConversationState<Conversation>;

/** What the conversations of a client need. All of them share one object. */
export interface ConversationPorts extends LiveEntriesPorts {
  readonly api: Pick<HttpApi, 'call'>;
  readonly store: Pick<Store, 'entries' | 'putEntries'>;
  readonly outbox: Pick<Outbox, 'add' | 'of' | 'edit' | 'isUntried'>;
  readonly amendments: Pick<AmendmentOutbox, 'add' | 'shown'>;
  readonly people: Pick<PeopleDirectory, 'learn'>;
  readonly identity: Identity;
  markRead(record: ConversationRecord, seq: number): void;
  markUnread(record: ConversationRecord, seq: number): Promise<void>;
  typing(conversationId: ConversationId): void;
  /**
   * Whether a page must not be stored: the conversation is no longer known, or the page shows that the server was
   * restored from a backup. In the latter case, starts reading the conversation again.
   *
   * @param knownSeq the highest number that was known when the page was requested.
   */
  detectRestore(record: ConversationRecord, page: HistoryPage, knownSeq: number): boolean;
  /** Updates a conversation if it is still known. */
  refresh(data: ConversationData): void;
  forget(conversationId: ConversationId): Promise<void>;
}

/** A conversation: its data, its entries, and the operations on it. */
export class Conversation {
  // Private at run time too: an object that callers log or serialise contains no internal state.
  readonly #record: ConversationRecord;
  readonly #ports: ConversationPorts;

  constructor(record: ConversationRecord, ports: ConversationPorts) {
    this.#record = record;
    this.#ports = ports;
  }

  get id(): ConversationId {
    return this.#record.id;
  }

  /** The last known data. Replaced by a new object when it changes. */
  get data(): ConversationData {
    return this.#record.data;
  }

  /** The name to show: that of the conversation, or that of the other person. */
  get title(): string {
    const { name, partner } = this.data;
    if (name !== null) return shownName(name, 'Conversation');
    return partner ? shownName(partner.displayName, partner.username) : 'Conversation';
  }

  get unreadCount(): number {
    return this.data.unreadCount;
  }

  /** Messages that are waiting to be sent or failed, in the order in which they were written. */
  get outbox(): OutgoingMessage[] {
    return this.#ports.outbox.of(this.id);
  }

  /**
   * Optimistic: returns at once. The message is stored, and sent exactly once when there is a connection. With a
   * `clientMessageId` of the caller's, the same call can be repeated safely, also in a later run.
   */
  send(text: string, options: { clientMessageId?: string; replyTo?: number } = {}): OutgoingMessage {
    const { clientMessageId, replyTo } = options;
    // A message with an id of the caller's may be one that an earlier run wrote.
    if (clientMessageId === undefined) this.#record.writtenAtSeq = this.data.headSeq;
    return this.#ports.outbox.add(this.id, text, clientMessageId, replyTo);
  }

  /** The operations on a message of this conversation. The caller may have an earlier state of it. */
  message(message: MessageEntry | OutgoingMessage): Message {
    return new Message('sent' in message ? message : this.#record.amended.newest(message), this.#ports);
  }

  /**
   * Entries as they arrive, each once, in order, without gaps (contract 3, 4): from now on, or after the number
   * `after`. Continues over reconnects. Ends when the user is no longer a member.
   */
  live(options: { after?: number } = {}): AsyncGenerator<Entry, void, undefined> {
    const position = () => this.#record.sequencer.position;
    return liveEntries(this, position, this.#ports, options.after ?? position());
  }

  /**
   * A page of entries: the newest, or those before, after or around a number. From the server or, if it cannot be
   * reached, from the store, which may have gaps.
   */
  async history({ from, ...page }: HistoryRange = {}): Promise<History> {
    if (from === 'store' || !this.#ports.connection.isConnected) return this.stored(page);
    const knownSeq = this.#record.highestSeq;
    try {
      const answer = await this.#ports.api.call('getHistory', { conversationId: this.id, ...page });
      if (this.#ports.detectRestore(this.#record, answer, knownSeq)) return { ...answer, source: 'server', gaps: [] };
      const entries = answer.entries.map((entry) => this.#record.amended.latest(entry));
      // The caller does not wait for the store.
      this.#ports.store.putEntries(this.id, entries).catch(this.#ports.reportFailure);
      // The server does not mark the user's reactions to quoted messages.
      const quoted = answer.quoted && this.#shown(answer.quoted.map((message) => this.#record.amended.newest(message)));
      return { ...answer, entries: this.#shown(entries), quoted, source: 'server', gaps: [] };
    } catch (error) {
      // If the session ended meanwhile, nothing of it is read.
      if (error instanceof Disconnected && this.#ports.identity.account) return this.stored(page);
      throw error;
    }
  }

  /** Optimistic: the unread count changes at once. The server is informed when there is a connection. */
  markRead(seq: number = this.data.headSeq): void {
    this.#ports.markRead(this.#record, seq);
  }

  /**
   * Marks an entry and those after it as unread, on all devices of the user; other members are not told. Optimistic like
   * {@link markRead}: resolves when the mark is stored, also without a connection. It has no effect if another device has
   * moved the read position meanwhile. Rejects if the server does not support it, and for an entry from before the user
   * joined.
   */
  markUnread(seq: number): Promise<void> {
    return this.#ports.markUnread(this.#record, seq);
  }

  /** Shows the other members that the user is typing. Sent at most every few seconds, and only when connected. */
  typing(): void {
    this.#ports.typing(this.id);
  }

  /** Resolves with the answer of the server, like all methods below. */
  async members(page: { cursor?: string; limit?: number } = {}): Promise<ResponseOf<'listMembers'>> {
    const answer = await this.#ports.api.call('listMembers', { conversationId: this.id, ...page });
    this.#ports.people.learn(answer.members.map(({ user }) => user));
    return answer;
  }

  async add(userIds: UserId[]): Promise<void> {
    await this.#ports.api.call('addMembers', { conversationId: this.id, userIds });
  }

  async remove(userId: UserId): Promise<void> {
    await this.#ports.api.call('removeMember', { conversationId: this.id, userId });
  }

  /** Removes the user, who can't become a member again until {@link unban}. */
  async ban(userId: UserId): Promise<void> {
    await this.#ports.api.call('banUser', { conversationId: this.id, userId });
  }

  async unban(userId: UserId): Promise<void> {
    await this.#ports.api.call('unbanUser', { conversationId: this.id, userId });
  }

  /** A page of the bans, the latest first. For owners and admins. */
  async bans(page: { cursor?: string; limit?: number } = {}): Promise<ResponseOf<'listBans'>> {
    return this.#ports.api.call('listBans', { conversationId: this.id, ...page });
  }

  /** The pinned messages, the newest first. */
  async pins(): Promise<MessageEntry[]> {
    const { entries } = await this.#ports.api.call('listPins', { conversationId: this.id });
    return this.#shown(entries.map((entry) => this.#record.amended.latest(entry))).filter(({ pinned }) => pinned);
  }

  async setRole(userId: UserId, role: Role): Promise<void> {
    await this.#ports.api.call('setRole', { conversationId: this.id, userId, role });
  }

  async update(change: { name?: string; description?: string; announceOnly?: boolean }): Promise<void> {
    this.#ports.refresh(await this.#ports.api.call('updateConversation', { conversationId: this.id, ...change }));
  }

  async leave(): Promise<void> {
    await this.#ports.api.call('leaveConversation', { conversationId: this.id });
    await this.#ports.forget(this.id);
  }

  /** The entries with the amendments that are waiting. */
  #shown<Given extends Entry>(entries: readonly Given[]): Given[] {
    return entries.map((entry) => this.#ports.amendments.shown(entry));
  }

  private async stored({ before, after, around, limit = limits.historyPageSize }: HistoryRange): Promise<History> {
    const visibleFromSeq = this.data.membership?.visibleFromSeq ?? 1;
    const middle =
      (around ?? after ?? Number.POSITIVE_INFINITY) + (after === undefined ? Math.ceil(limit / 2) : limit + 1);
    const toSeq = Math.min((before ?? middle) - 1, this.#record.highestSeq);
    const stored = await this.#ports.store.entries(this.id, { limit, before: toSeq + 1 });
    const beginSeq = (after ?? 0) + 1;
    const readable = stored.flatMap(understood).filter(({ seq }) => seq >= beginSeq);
    const entries = this.#shown(readable.map((entry) => this.#record.amended.latest(entry)));
    // Below a full page nothing is known, whether all of its entries are understood or not.
    const fromSeq = Math.max(visibleFromSeq, beginSeq, (stored.length === limit && stored[0]?.seq) || 0);
    return { entries, visibleFromSeq, source: 'store', gaps: gapsIn(entries, fromSeq, toSeq) };
  }
}
