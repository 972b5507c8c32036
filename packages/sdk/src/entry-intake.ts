import {
  type Conversation as ConversationData,
  type ConversationId,
  type Entry,
  type HistoryPage,
  limits,
} from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { ConversationUpdater } from './conversation-updater.ts';
import type { HttpApi } from './http.ts';
import type { MissedRanges } from './missed-ranges.ts';
import { Disconnected, ParleyError } from './parley-error.ts';

/** What {@link EntryIntake} needs. */
export interface EntryIntakePorts {
  readonly records: Pick<ConversationRecords, 'get'>;
  readonly updater: Pick<ConversationUpdater, 'show' | 'forget'>;
  readonly api: Pick<HttpApi, 'call'>;
  readonly missed: Pick<MissedRanges, 'get'>;
  readonly connection: Pick<Connection, 'isConnected'>;
  /** Closes the connection and opens another one after a backoff. */
  restart(): void;
  /** Adds a conversation, and fetches and shows its new entries. */
  learn(data: ConversationData): ConversationRecord;
  /** See `ConversationPorts.detectRestore`. */
  detectRestore(record: ConversationRecord, page: HistoryPage, knownSeq: number): boolean;
  reportFailure(error: unknown): void;
}

/** Shows entries in order as they arrive. Fetches missing entries before it shows later ones. */
export class EntryIntake {
  /** Entries held back while their conversation is fetched or read again. */
  private readonly held = new Map<ConversationId, Entry[]>();
  /** New conversations whose data is being fetched. */
  private readonly fetching = new Map<ConversationId, Promise<void>>();

  constructor(private readonly ports: EntryIntakePorts) {}

  /** Returns whether the entry is newer than the known head of its conversation. The server may repeat old entries. */
  take(entry: Entry): boolean {
    const { conversationId } = entry;
    const record = this.ports.records.get(conversationId);
    const isNewer = record !== undefined && entry.seq > record.data.headSeq;
    // One that the server sends again may have reactions, of which a live entry does not mark the user's own.
    const present = entry.kind === 'message' && record ? record.amended.newest(entry) : entry;
    const held = this.held.get(conversationId);
    if (held) held.push(present);
    else if (record) this.showLive(record, [present]);
    else {
      const fetched = this.fetchConversation(entry)
        .catch((error: unknown) => this.failed(conversationId, error))
        .finally(() => this.fetching.delete(conversationId));
      this.fetching.set(conversationId, fetched);
    }
    return isNewer;
  }

  /**
   * Calls `then` once the data of a new conversation is there, which may be from before what arrives now. Returns false,
   * and does not call it, if the data is not being fetched.
   */
  whenFetched(conversationId: ConversationId, then: () => void): boolean {
    const fetched = this.fetching.get(conversationId);
    fetched?.then(then);
    return fetched !== undefined;
  }

  /** Shows all entries up to `toSeq`. Fetches those that are missing. */
  fill(record: ConversationRecord, toSeq: number): Promise<void> {
    record.sequencer.expect(toSeq);
    return this.fetchMissing(record);
  }

  /** Handles the failure of a fetch, without which the conversation cannot continue. */
  failed(conversationId: ConversationId, error: unknown): void {
    const { ports } = this;
    ports.reportFailure(error);
    if (error instanceof ParleyError && error.code === 'not_found') {
      ports.updater.forget(conversationId).catch(ports.reportFailure);
    } else if (ports.connection.isConnected) {
      // The catch-up of the next connection fetches again.
      ports.restart();
    }
  }

  /** Another user added this user to a conversation, or opened a direct conversation with this user. */
  private async fetchConversation(first: Entry): Promise<void> {
    const { conversationId } = first;
    const entries = [first];
    this.held.set(conversationId, entries);
    try {
      const data = await this.ports.api.call('getConversation', { conversationId });
      if (data.membership) this.showLive(this.ports.learn(data), entries);
    } finally {
      this.held.delete(conversationId);
    }
  }

  /** Holds back live entries while `fetch` runs. Then shows the fetched entries, followed by the held ones. */
  async holdingBack(record: ConversationRecord, fetch: () => Promise<readonly Entry[]>): Promise<void> {
    const held: Entry[] = [];
    this.held.set(record.id, held);
    try {
      const entries = await fetch();
      if (this.ports.records.get(record.id) === record) this.show(record, [...entries, ...held]);
    } finally {
      this.held.delete(record.id);
    }
  }

  /** Shows entries that were not read from a page, except those that have to be. */
  private showLive(record: ConversationRecord, entries: readonly Entry[]): void {
    for (const { seq } of entries) record.sequencer.expect(seq);
    this.show(
      record,
      entries.filter(({ seq }) => seq > record.onPagesUpTo),
    );
  }

  private show(record: ConversationRecord, entries: readonly Entry[]): void {
    this.ports.updater.show(record, record.sequencer.take(entries));
    if (record.sequencer.missing && !record.filling && !record.rereading) {
      this.fetchMissing(record).catch((error: unknown) => this.failed(record.id, error));
    }
  }

  /** At most one fetch per conversation: it also fetches what turns out to be missing meanwhile. */
  private fetchMissing(record: ConversationRecord): Promise<void> {
    if (record.rereading) return record.rereading;
    if (!record.sequencer.missing) return Promise.resolve();
    record.filling ??= this.fetchAll(record);
    return record.filling;
  }

  private async fetchAll(record: ConversationRecord): Promise<void> {
    const { id: conversationId, sequencer } = record;
    try {
      for (let range = sequencer.missing; range; range = sequencer.missing) {
        const { fromSeq, toSeq } = range;
        const limit = Math.min(limits.historyPageMax, toSeq - fromSeq + 1);
        const knownSeq = sequencer.position;
        const page = await this.ports.missed.get({ conversationId, after: fromSeq - 1, limit });
        const { entries } = page;
        // The user left or was removed meanwhile, or the conversation is being read again.
        if (this.ports.records.get(conversationId) !== record) return;
        if (record.sequencer !== sequencer || this.ports.detectRestore(record, page, knownSeq)) return;
        const first = entries[0];
        if (!first) throw new Disconnected(`the history has no entries from ${fromSeq} to ${toSeq}`);
        // Numbers that this user may not see are not a gap.
        sequencer.skipTo(first.seq - 1);
        this.show(record, entries);
      }
    } finally {
      record.filling = null;
    }
  }
}
