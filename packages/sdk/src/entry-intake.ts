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
import { Disconnected, ParleyError } from './parley-error.ts';

/** What {@link EntryIntake} needs. */
export interface EntryIntakePorts {
  readonly records: Pick<ConversationRecords, 'get'>;
  readonly updater: Pick<ConversationUpdater, 'show' | 'forget'>;
  readonly api: Pick<HttpApi, 'call'>;
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

  constructor(private readonly ports: EntryIntakePorts) {}

  /** Returns whether the entry is newer than the known head of its conversation. The server may repeat old entries. */
  take(entry: Entry): boolean {
    const { conversationId } = entry;
    const record = this.ports.records.get(conversationId);
    const isNewer = record !== undefined && entry.seq > record.data.headSeq;
    const held = this.held.get(conversationId);
    if (held) held.push(entry);
    else if (record) this.show(record, [entry]);
    else this.fetchConversation(entry).catch((error: unknown) => this.failed(conversationId, error));
    return isNewer;
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
      if (data.membership) this.show(this.ports.learn(data), entries);
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
        const page = await this.ports.api.call('getHistory', { conversationId, after: fromSeq - 1, limit });
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
