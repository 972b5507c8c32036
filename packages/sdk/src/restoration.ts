import { type Conversation as ConversationData, type Entry, type HistoryPage, limits } from '@parley/protocol';
import type { Emitter } from './client-events.ts';
import type { Connection } from './connection.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { ConversationUpdater } from './conversation-updater.ts';
import { withEntry } from './entry-effects.ts';
import type { EntryIntake } from './entry-intake.ts';
import { understood } from './history.ts';
import type { HttpApi } from './http.ts';
import type { Identity } from './identity.ts';
import type { Runtime } from './runtime.ts';
import type { Store } from './store/store.ts';

/** How often a server that is catching up is asked for its head. */
const recheckIntervalMs = 1_000;

/** What {@link Restoration} needs. */
export interface RestorationPorts {
  readonly records: Pick<ConversationRecords, 'get'>;
  readonly updater: Pick<ConversationUpdater, 'startAgain' | 'discardReadMarks'>;
  readonly intake: Pick<EntryIntake, 'holdingBack' | 'failed'>;
  readonly api: Pick<HttpApi, 'call'>;
  readonly store: Pick<Store, 'entries' | 'putEntries' | 'deleteConversation'>;
  readonly events: Emitter;
  readonly identity: Identity;
  readonly runtime: Pick<Runtime, 'after'>;
  readonly connection: Pick<Connection, 'isConnected'>;
  reportFailure(error: unknown): void;
}

/** Whether two epochs differ. A server of an earlier version sends none, which differs from no epoch. */
export function isOtherEpoch(known: string | undefined, now: string | undefined): boolean {
  return known !== undefined && now !== undefined && known !== now;
}

/** Reads conversations again after the server was restored from a backup. */
export class Restoration {
  /** Conversations whose head is below the known one. The server may still be catching up. */
  private readonly rechecked = new Set<ConversationRecord>();

  constructor(private readonly ports: RestorationPorts) {}

  /** The epoch of the list of conversations and the read positions changed. */
  begin(): void {
    this.ports.updater.discardReadMarks();
    this.ports.events.emit('restored', { conversation: null });
  }

  /** If `data` has another epoch, starts reading the conversation again and returns its record; otherwise null. */
  startIfOtherEpoch(data: ConversationData): ConversationRecord | null {
    const record = this.ports.records.get(data.id);
    if (!record || !isOtherEpoch(record.data.epoch, data.epoch)) return null;
    this.readAgain(record, data).catch((error: unknown) => this.ports.intake.failed(data.id, error));
    return record;
  }

  /** See `ConversationPorts.detectRestore`. */
  detect(record: ConversationRecord, page: HistoryPage, knownSeq: number): boolean {
    if (this.ports.records.get(record.id) !== record) return true;
    const isOther = isOtherEpoch(record.data.epoch, page.epoch);
    if (!isOther && page.headSeq >= knownSeq) return false;
    const started = isOther ? this.readAgain(record) : this.recheck(record, knownSeq);
    started.catch((error: unknown) => this.ports.intake.failed(record.id, error));
    return true;
  }

  /**
   * The server's head is below the known one. Waits while the server reports that it is catching up. If its head then
   * reaches the known one, nothing was lost; otherwise the conversation is read again.
   */
  async recheck(record: ConversationRecord, knownSeq: number, isCurrent: () => boolean = () => true): Promise<void> {
    if (this.rechecked.has(record)) return;
    this.rechecked.add(record);
    const { ports } = this;
    const { id: conversationId } = record;
    try {
      while (isCurrent() && ports.connection.isConnected && ports.records.get(conversationId) === record) {
        const page = await ports.api.call('getHistory', { conversationId, after: knownSeq, limit: 1 });
        const isOther = isOtherEpoch(record.data.epoch, page.epoch);
        if (!isOther && page.headSeq >= knownSeq) return;
        if (isOther || !page.catchingUp) return await this.readAgain(record);
        await new Promise<void>((resolve) => ports.runtime.after(recheckIntervalMs, resolve));
      }
    } finally {
      this.rechecked.delete(record);
    }
  }

  /** @param now the conversation with its new epoch; requested if absent. */
  readAgain(record: ConversationRecord, now?: ConversationData): Promise<void> {
    record.rereading ??= this.ports.intake
      .holdingBack(record, () => this.read(record, now))
      .finally(() => {
        record.rereading = null;
      });
    return record.rereading;
  }

  /** Discards the old data only after the new page has arrived: if the request fails, the old data remains. */
  private async read(record: ConversationRecord, now?: ConversationData): Promise<readonly Entry[]> {
    const { api, store, events, identity, records, updater, reportFailure } = this.ports;
    const { id: conversationId, conversation } = record;
    const data = now ?? (await api.call('getConversation', { conversationId }));
    const page = await api.call('getHistory', { conversationId, limit: limits.historyPageMax });
    const headSeq = page.entries.at(-1)?.seq ?? page.headSeq;
    const stored = await store.entries(conversationId, { before: headSeq + 1, limit: limits.historyPageMax });
    const position = lastShown(record, page, stored.flatMap(understood));
    await store.deleteConversation(conversationId);
    if (records.get(conversationId) !== record) return [];
    const known = page.entries.filter(({ seq }) => seq <= position);
    let next: ConversationData = { ...data, epoch: page.epoch ?? data.epoch };
    for (const entry of known) if (entry.seq > next.headSeq) next = withEntry(next, entry, identity.account);
    updater.startAgain(record, next, position);
    store.putEntries(conversationId, known).catch(reportFailure);
    const fromSeq = page.visibleFromSeq;
    if (known.length === 0 && fromSeq <= position) {
      events.emit('skipped', { conversation, fromSeq, toSeq: position });
    }
    return page.entries;
  }
}

/**
 * The number of the last entry of the page that was already shown under the previous epoch: both histories are equal up
 * to the time of the backup. If no entry of the page was shown, the number before the page. An entry that is not in the
 * store counts as shown if it is not newer than the last known activity of the conversation.
 */
function lastShown({ data, sequencer }: ConversationRecord, page: HistoryPage, stored: readonly Entry[]): number {
  const storedBySeq = new Map(stored.map((entry) => [entry.seq, entry]));
  const wasShown = (entry: Entry) => {
    const before = storedBySeq.get(entry.seq);
    return entry.seq <= sequencer.position && (before ? isSame(before, entry) : entry.atMs <= data.lastActivityAtMs);
  };
  const first = page.entries[0];
  return page.entries.findLast(wasShown)?.seq ?? (first ? first.seq - 1 : page.headSeq);
}

function isSame(a: Entry, b: Entry): boolean {
  const idOf = (entry: Entry) => (entry.kind === 'message' ? entry.clientMessageId : entry.kind);
  return a.atMs === b.atMs && a.senderId === b.senderId && idOf(a) === idOf(b);
}
