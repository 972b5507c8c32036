import type { Conversation as ConversationData, ConversationId, Entry, ServerFrameOf } from '@parley/protocol';
import { ActivityOrder } from './activity-order.ts';
import type { Emitter } from './client-events.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import { withEntry, withRead } from './entry-effects.ts';
import type { Identity } from './identity.ts';
import type { Outbox } from './outbox.ts';
import type { PeopleDirectory, Person } from './people-directory.ts';
import type { ReadMarks } from './read-marks.ts';
import type { Store } from './store/store.ts';

/** What {@link ConversationUpdater} needs. */
export interface ConversationUpdaterPorts {
  readonly records: ConversationRecords;
  readonly store: Pick<Store, 'putConversation' | 'deleteConversation' | 'putEntries'>;
  readonly events: Emitter;
  readonly identity: Identity;
  readonly people: Pick<PeopleDirectory, 'learn'>;
  readonly outbox: Pick<Outbox, 'arrived'>;
  readonly readMarks: Pick<ReadMarks, 'mark' | 'forget' | 'clear'>;
  reportFailure(error: unknown): void;
}

/** Applies every change of a conversation: to its record, to the store, and as events. */
export class ConversationUpdater {
  readonly order: ActivityOrder;
  private readonly writing = new Set<Promise<void>>();

  constructor(private readonly ports: ConversationUpdaterPorts) {
    this.order = new ActivityOrder(ports.records, (record) => this.changed(record));
  }

  /**
   * Adds or updates a conversation.
   *
   * @param allShown whether all present entries of a new conversation count as shown, or only those before the user
   *   joined.
   * @param keepsReadPosition whether a read position that is ahead of the server's is kept.
   */
  update(data: ConversationData, allShown: boolean, keepsReadPosition = true): ConversationRecord {
    const beforeJoining = (data.membership?.joinedSeq ?? data.headSeq + 1) - 1;
    const record = this.ports.records.put(data, allShown ? data.headSeq : beforeJoining, keepsReadPosition);
    const readSeq = record.data.membership?.readSeq ?? 0;
    // An earlier run set the position, and the server did not receive it.
    if (readSeq > (data.membership?.readSeq ?? readSeq) && data.headSeq >= record.data.headSeq) {
      this.ports.readMarks.mark(record.id, readSeq);
    }
    if (data.partner) this.ports.people.learn([data.partner]);
    this.changed(record);
    return record;
  }

  /** Shows entries, which are the next ones of the conversation. */
  show(record: ConversationRecord, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const { events, identity, outbox, store } = this.ports;
    for (const entry of entries) {
      record.data = withEntry(record.data, entry, identity.account);
      if (entry.kind === 'message' && entry.senderId === identity.account?.id) {
        outbox.arrived(entry.clientMessageId, entry);
        this.ownArrived(record, entry);
      }
      events.emit('entry', entry);
    }
    store.putEntries(record.id, entries).catch(this.ports.reportFailure);
    this.changed(record);
  }

  /** A message of the user is never unread. It moves the read position only if everything before it was read. */
  private ownArrived(record: ConversationRecord, { seq, messageCount }: Entry): void {
    const { data, writtenAtSeq } = record;
    if (seq <= (data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    const readCount = data.messageCount - data.unreadCount;
    if (messageCount - 1 <= readCount || seq - 1 <= writtenAtSeq) {
      record.data = withRead(data, seq, messageCount);
      this.ports.readMarks.mark(record.id, seq);
    } else record.data = { ...data, unreadCount: data.unreadCount - 1 };
  }

  /** Replaces the data of a conversation after a restore of the server. */
  startAgain(record: ConversationRecord, data: ConversationData, position: number): void {
    this.ports.readMarks.forget(record.id);
    record.startAgain(data, position);
    this.changed(record);
    this.ports.events.emit('restored', { conversation: record.conversation });
  }

  /** Discards read positions that were not sent: after a restore their numbers may belong to other entries. */
  discardReadMarks(): void {
    this.ports.readMarks.clear();
  }

  async forget(conversationId: ConversationId): Promise<void> {
    const conversation = this.ports.records.delete(conversationId)?.conversation;
    if (!conversation) return;
    this.ports.events.emit('conversation', { conversation, removed: true });
    await this.ports.store.deleteConversation(conversationId);
  }

  /** Stores a changed conversation and emits the event. */
  changed(record: ConversationRecord): void {
    this.order.saw(record);
    this.ports.events.emit('conversation', { conversation: record.conversation, removed: false });
    // Read after the event: a handler may have changed the conversation again.
    const { data, sequencer } = record;
    const write = this.ports.store.putConversation({ conversation: data, position: sequencer.position });
    this.writing.add(write);
    write.catch(this.ports.reportFailure).finally(() => this.writing.delete(write));
  }

  /** Resolves when all changes so far are stored. Rejects if one of them cannot be stored. */
  written(): Promise<unknown> {
    return Promise.all(this.writing);
  }

  /** Updates the partners of direct conversations after names changed. */
  named(people: readonly Person[]): void {
    for (const { id, username, displayName, version } of people) {
      const record = this.ports.records.direct.get(id);
      const partner = record?.data.partner;
      if (!partner || (partner.displayName === displayName && partner.version === version)) continue;
      record.data = { ...record.data, partner: { ...partner, username, displayName, version } };
      this.changed(record);
    }
    this.ports.events.emit('people', people);
  }

  receivedRead(frame: ServerFrameOf<'read'>): void {
    const { conversationId, userId, seq, messageCount } = frame;
    if (userId === this.ports.identity.account?.id) this.readElsewhere(conversationId, seq, messageCount);
    this.ports.events.emit('read', frame);
  }

  /** Applies a read position that the user reached on another device. */
  readElsewhere(conversationId: ConversationId, seq: number, messageCount: number): void {
    const record = this.ports.records.get(conversationId);
    if (!record) return;
    const data = withRead(record.data, seq, messageCount);
    if (data === record.data) return;
    record.data = data;
    this.changed(record);
  }

  markRead(record: ConversationRecord, upTo: number): void {
    const { data } = record;
    // After a restore of the server the conversation may have fewer entries.
    const seq = Math.min(upTo, data.headSeq);
    if (record.rereading || seq <= (data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    if (seq >= data.headSeq) {
      record.data = withRead(data, seq, data.messageCount);
      this.changed(record);
    }
    this.ports.readMarks.mark(record.id, seq);
  }
}
