import type {
  Conversation as ConversationData,
  ConversationId,
  Entry,
  ReadPositions,
  ServerFrameOf,
} from '@parley/protocol';
import { ActivityOrder } from './activity-order.ts';
import type { AmendmentOutbox } from './amendment-outbox.ts';
import type { Emitter } from './client-events.ts';
import type { Connection } from './connection.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import { readPointOf } from './conversation-state.ts';
import { withEntry } from './entry-effects.ts';
import { markUnreadFeature } from './features.ts';
import type { Identity } from './identity.ts';
import type { Outbox } from './outbox.ts';
import { ParleyError } from './parley-error.ts';
import type { PeopleDirectory, Person } from './people-directory.ts';
import type { ReadMarks } from './read-marks.ts';
import type { Store, UnreadMark } from './store/store.ts';

/** After a mark as unread, own messages are looked for among so many stored entries. */
const countedMax = 500;

/** What {@link ConversationUpdater} needs. */
export interface ConversationUpdaterPorts {
  readonly records: ConversationRecords;
  readonly store: Pick<Store, 'putConversation' | 'deleteConversation' | 'putEntries' | 'entries'>;
  readonly connection: Pick<Connection, 'isConnected' | 'serverFeatures'>;
  readonly events: Emitter;
  readonly identity: Identity;
  readonly people: Pick<PeopleDirectory, 'learn'>;
  readonly outbox: Pick<Outbox, 'arrived' | 'restored'>;
  readonly amendments: Pick<AmendmentOutbox, 'shown' | 'restored'>;
  readonly readMarks: Pick<ReadMarks, 'mark' | 'markUnread' | 'pending' | 'unread' | 'settle' | 'forget' | 'clear'>;
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
    const { records, readMarks } = this.ports;
    const known = readPointOf(data);
    const keeps = keepsReadPosition && !readMarks.settle(data.id, known, records.get(data.id)?.readPoint.version);
    const record = records.put(data, allShown ? data.headSeq : beforeJoining, keeps);
    const { seq, version } = record.readPoint;
    // An earlier run set the position, and the server did not receive it.
    if (data.membership && version === known.version && seq > known.seq && data.headSeq >= record.data.headSeq) {
      readMarks.mark(record.id, seq);
    }
    if (data.partner) this.ports.people.learn([data.partner]);
    this.changed(record);
    return record;
  }

  /** Shows entries, which are the next ones of the conversation. */
  show(record: ConversationRecord, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const { events, identity, outbox, store } = this.ports;
    const latest = entries.map((entry) => record.amended.latest(entry));
    for (const entry of latest) {
      record.data = withEntry(record.data, entry, identity.account);
      if (entry.kind === 'message' && entry.senderId === identity.account?.id) {
        outbox.arrived(entry.clientMessageId, entry);
        this.ownArrived(record, entry);
      }
      events.emit('entry', this.ports.amendments.shown(entry));
    }
    store.putEntries(record.id, latest).catch(this.ports.reportFailure);
    this.changed(record);
  }

  /** A message of the user is never unread. It moves the read position only if everything before it was read. */
  private ownArrived(record: ConversationRecord, entry: Entry): void {
    const { seq, messageCount } = entry;
    if (seq <= (record.data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    if (record.hasUnreadBefore(entry) && seq - 1 > record.writtenAtSeq) record.addOwnUnread(seq);
    else {
      record.read({ ...record.readPoint, seq }, messageCount);
      this.ports.readMarks.mark(record.id, seq);
    }
  }

  /** Replaces the data of a conversation after a restore of the server. */
  startAgain(record: ConversationRecord, data: ConversationData, position: number): void {
    const { amendments, events, outbox, readMarks } = this.ports;
    readMarks.forget(record.id);
    record.startAgain(data, position);
    outbox.restored(record.id, position);
    this.changed(record);
    events.emit('restored', { conversation: record.conversation, keptSeq: position });
    amendments.restored(record.id, position);
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
    const { version } = record.readPoint;
    if (version !== record.countedVersion) {
      // Marked as unread on another device.
      record.countedVersion = version;
      this.newestStored(record)
        .then((entries) => this.countOwn(record, entries))
        .catch(this.ports.reportFailure);
    }
    // Read after the event: a handler may have changed the conversation again.
    const { data, sequencer, ownUnread, storedRevision: revision } = record;
    const write = this.ports.store.putConversation({
      ...{ conversation: data, position: sequencer.position },
      ...(ownUnread.length > 0 && { ownUnread }),
      ...(revision > 0 && { revision }),
    });
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
    if (frame.userId === this.ports.identity.account?.id) this.readElsewhere(frame);
    this.ports.events.emit('read', frame);
  }

  /** Applies a read position of the server, to which another device may have moved it. */
  readElsewhere({ conversationId, seq, messageCount, readVersion: version = 0 }: ReadPositions['positions'][0]): void {
    const record = this.ports.records.get(conversationId);
    const isForced = this.ports.readMarks.settle(conversationId, { seq, version }, record?.readPoint.version);
    if (record?.read({ seq, version }, messageCount, isForced)) this.changed(record);
  }

  markRead(record: ConversationRecord, upTo: number): void {
    const { data } = record;
    // After a restore of the server the conversation may have fewer entries.
    const seq = Math.min(upTo, data.headSeq);
    if (record.rereading || seq <= (data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    if (seq >= data.headSeq && record.read({ ...record.readPoint, seq }, data.messageCount)) this.changed(record);
    this.ports.readMarks.mark(record.id, seq);
  }

  async markUnread(record: ConversationRecord, seq: number): Promise<void> {
    const { connection, readMarks } = this.ports;
    if (connection.isConnected && !connection.serverFeatures.includes(markUnreadFeature)) {
      throw new ParleyError('feature_not_enabled', 'the server does not support marks as unread');
    }
    const { membership, headSeq } = record.data;
    if (!membership || record.rereading || seq <= membership.joinedSeq || seq > headSeq) {
      throw new ParleyError('invalid_request', `there is no entry ${seq} after the user joined`);
    }
    const stored = await this.storedFor(record, seq);
    if (!this.isKnown(record)) throw new ParleyError('not_found', 'not a member');
    const { seq: readSeq, version: readVersion } = record.readPoint;
    const kept = readMarks.markUnread(record.id, { seq, readSeq, readVersion });
    // A message that is under way was written before, and does not read what it follows.
    record.writtenAtSeq = 0;
    this.showMark(record, { seq, readVersion }, stored);
    await kept;
  }

  /** Shows the marks of an earlier run, which may have ended before it stored the conversation with its mark. */
  async showMarks(): Promise<void> {
    const { records, readMarks } = this.ports;
    for (const [conversationId, mark] of readMarks.unread) {
      const record = records.get(conversationId);
      if (!record || record.readPoint.version > mark.readVersion) continue;
      const stored = await this.storedFor(record, mark.seq);
      if (!this.isKnown(record)) continue;
      this.showMark(record, mark, stored);
      // A position that was set after the mark.
      this.markRead(record, readMarks.pending.get(conversationId) ?? 0);
    }
  }

  private showMark(
    record: ConversationRecord,
    { seq, readVersion }: Pick<UnreadMark, 'seq' | 'readVersion'>,
    [entries, [first]]: readonly [Entry[], Entry[]],
  ): void {
    // If the entry is not stored, the response of the server has the count.
    if (first?.seq !== seq) return;
    const version = readVersion + 1;
    record.countedVersion = version;
    record.read({ seq: seq - 1, version }, first.messageCount - Number(first.kind === 'message'));
    this.countOwn(record, entries);
  }

  /** The newest stored entries, and that with this number, if it is stored, or the one before it. */
  private storedFor(record: ConversationRecord, seq: number): Promise<[Entry[], Entry[]]> {
    const before = { before: seq + 1, limit: 1 };
    return Promise.all([this.newestStored(record), this.ports.store.entries(record.id, before)]);
  }

  /** False if the user left or logged out in the meantime. */
  private isKnown(record: ConversationRecord): boolean {
    return this.ports.records.get(record.id) === record;
  }

  private newestStored({ id }: ConversationRecord): Promise<Entry[]> {
    return this.ports.store.entries(id, { limit: countedMax });
  }

  /** Does not count the user's messages among these as unread. */
  private countOwn(record: ConversationRecord, entries: readonly Entry[]): void {
    if (!this.isKnown(record)) return;
    const { seq: readSeq } = record.readPoint;
    for (const { kind, senderId, seq } of entries) {
      if (kind === 'message' && senderId === this.ports.identity.account?.id && seq > readSeq) record.addOwnUnread(seq);
    }
    this.changed(record);
  }
}
