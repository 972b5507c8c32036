import {
  type Conversation as ConversationData,
  type ConversationId,
  type Homepage,
  limits,
  type ServerFrameOf,
} from '@parley/protocol';
import type { AmendmentIntake } from './amendment-intake.ts';
import type { Emitter } from './client-events.ts';
import type { Connection } from './connection.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { ConversationUpdater } from './conversation-updater.ts';
import type { EntryIntake } from './entry-intake.ts';
import { amendmentsFeature } from './features.ts';
import type { HttpApi } from './http.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { PeopleDirectory } from './people-directory.ts';
import type { ReadRevision } from './read-revision.ts';
import { isOtherEpoch, type Restoration } from './restoration.ts';
import type { StoredSession } from './store/store.ts';

/** Up to this many missed entries of a conversation are fetched. If more were missed, only the newest page is. */
const fetchedMax = 200;
/** Conversations that are read again, or whose amendments are fetched, at the same time. */
const parallel = 4;
/** The names of partners who are not in view are looked up at most this often. */
const partnersIntervalMs = 10 * 60_000;

export type CatchUpProgress = NonNullable<StoredSession['catchUp']>;

/** What {@link CatchUp} needs. */
export interface CatchUpPorts {
  readonly records: ConversationRecords;
  readonly updater: Pick<ConversationUpdater, 'update' | 'forget'>;
  readonly intake: Pick<EntryIntake, 'fill' | 'failed'>;
  readonly amending: Pick<AmendmentIntake, 'fetchMissed'>;
  readonly readRevision: Pick<ReadRevision, 'isBefore' | 'keep' | 'follow'>;
  readonly restoration: Pick<Restoration, 'begin' | 'startIfOtherEpoch' | 'recheck' | 'readAgain'>;
  readonly api: Pick<HttpApi, 'call'>;
  readonly connection: Pick<Connection, 'serverFeatures'>;
  readonly people: Pick<PeopleDirectory, 'refresh'>;
  readonly events: Emitter;
  saveSession(): Promise<void>;
  reportFailure(error: unknown): void;
}

/** The state of one catch-up. Each connection starts its own. */
interface Round {
  /** False once another connection has replaced this one. */
  isCurrent: () => boolean;
  /** See {@link CatchUp.connecting}. */
  known: ReadonlyMap<ConversationId, number>;
  /** Whether the epoch of the list of conversations and the read positions changed. */
  isRestored: boolean;
  /** The conversations of which something was missed. */
  changed: Set<ConversationId>;
}

type Welcome = Pick<ServerFrameOf<'welcome'>, 'homepage' | 'readRevision' | 'serverTimeMs' | 'epoch'>;

type Task = () => Promise<void>;

/**
 * Fetches everything that was missed, after each connect, most recent conversation first. The cost depends on the
 * number of changes, not on the size of the history or the length of the absence.
 */
export class CatchUp {
  progress: CatchUpProgress = 'never';
  /** See {@link StoredSession.epoch}. */
  epoch: string | undefined;
  /** The epoch whose begin was reported. It is the known one only after a complete catch-up. */
  private reported: string | undefined;
  private known: ReadonlyMap<ConversationId, number> = new Map();
  /** When the names of partners were last looked up, by the server's clock. */
  private partnersAtMs = 0;

  constructor(private readonly ports: CatchUpPorts) {}

  /** Whether all conversations were loaded once. From then on, new entries count as not shown. */
  get hadConversations(): boolean {
    return this.progress !== 'never';
  }

  /**
   * A connection is about to be opened. If a head in its welcome is below the number that is known now, the server was
   * restored from a backup.
   */
  connecting(): void {
    this.known = new Map(this.ports.records.list().map((each) => [each.id, each.highestSeq]));
  }

  /** Adds or updates a conversation. Reads it again if its epoch changed. */
  update(data: ConversationData, keepsReadPosition?: boolean): ConversationRecord {
    const { restoration, updater } = this.ports;
    return restoration.startIfOtherEpoch(data) ?? updater.update(data, !this.hadConversations, keepsReadPosition);
  }

  /** Adds or updates a conversation, and starts fetching its new entries. */
  learn(data: ConversationData): ConversationRecord {
    const record = this.update(data);
    this.fetchNew(record).catch((error: unknown) => this.ports.intake.failed(data.id, error));
    return record;
  }

  /**
   * @param welcome has the first page of the homepage.
   * @param isCurrent false once another connection has replaced this one.
   */
  async run(welcome: Welcome, isCurrent: () => boolean): Promise<void> {
    const { homepage, readRevision } = welcome;
    const { ports } = this;
    const isRestored = isOtherEpoch(this.epoch, welcome.epoch);
    if (isRestored && this.reported !== welcome.epoch) {
      this.reported = welcome.epoch;
      ports.restoration.begin();
    }
    const round: Round = { isCurrent, known: this.known, isRestored, changed: new Set() };
    const readsAll = isRestored || (readRevision !== undefined && !ports.readRevision.isBefore(readRevision));
    // Later pages are older: if a page has nothing new, the following ones have not either, provided that the previous
    // catch-up was complete. Reading on other devices does not move a conversation: it has a revision of its own.
    const stopsEarly = this.progress === 'done' && !readsAll;
    // The welcome's page is in the order of the newest entries. In that order, a page without changes does not show that
    // nothing on later pages was amended.
    const order = stopsEarly && ports.connection.serverFeatures.includes(amendmentsFeature) ? 'changes' : undefined;
    const listed = new Set<ConversationId>();
    const toRecheck: ConversationRecord[] = [];
    let page = homepage;
    while (isCurrent()) {
      for (const { id } of page.conversations) listed.add(id);
      const { behind, rereads, hasChanges } = await this.takePage(page, round, toRecheck);
      const isFirst = page === homepage;
      const isLast = stopsEarly && !hasChanges && !(isFirst && order);
      if (hasChanges) this.interrupt();
      // Together, so that few requests have the entries of all of them.
      await Promise.all(behind.map((record) => this.fillOne(record, () => this.fetchEntries(record))));
      await this.runAll(
        [...rereads, ...behind.map((record) => () => this.fillOne(record, () => ports.amending.fetchMissed(record)))],
        isCurrent,
      );
      if (page.nextCursor === null || isLast) break;
      const next =
        isFirst && order
          ? { limit: limits.homepagePageSize }
          : { cursor: page.nextCursor, limit: limits.homepagePageMax };
      page = await ports.api.call('getHomepage', { ...next, left: 'true', ...(order && { order }) });
    }
    for (const each of toRecheck) await ports.restoration.recheck(each, round.known.get(each.id) ?? 0, isCurrent);
    if (isCurrent() && isRestored) await this.forgetOthers(listed, round);
    if (isCurrent() && readRevision !== undefined) {
      if (page.nextCursor === null) ports.readRevision.keep(readRevision);
      else await ports.readRevision.follow(readRevision, isCurrent);
    }
    if (!isCurrent()) return;
    this.refreshPartners(welcome.serverTimeMs, page.nextCursor === null);
    const isNewEpoch = welcome.epoch !== undefined && welcome.epoch !== this.epoch;
    if (isNewEpoch) this.epoch = welcome.epoch;
    if (isNewEpoch || this.progress !== 'done') this.advance('done');
  }

  /**
   * Looks up the names of all partners of direct conversations, because the list of conversations is searched by these
   * names. Not after every reconnect; the names of people in view are looked up after each.
   */
  private refreshPartners(serverTimeMs: number, allWereRead: boolean): void {
    if (serverTimeMs - this.partnersAtMs < partnersIntervalMs) return;
    this.partnersAtMs = serverTimeMs;
    if (allWereRead) return;
    this.ports.people.refresh([...this.ports.records.direct.keys()]).catch((error: unknown) => {
      this.partnersAtMs = 0;
      if (!(error instanceof Disconnected)) this.ports.reportFailure(error);
    });
  }

  /** Entries are missing: until the next catch-up is complete, a page without changes says nothing about later ones. */
  interrupt(): void {
    if (this.progress === 'done') this.advance('interrupted');
  }

  /** Applies a page. Returns the conversations with new entries or amendments, and tasks that read others again. */
  private async takePage(page: Homepage, round: Round, toRecheck: ConversationRecord[]) {
    const { records, updater, restoration } = this.ports;
    const left = page.left.filter(({ conversationId }) => records.get(conversationId));
    const forgotten = left.map(({ conversationId }) => updater.forget(conversationId));
    const behind: ConversationRecord[] = [];
    const rereads: Task[] = [];
    for (const data of page.conversations) {
      const known = records.get(data.id);
      if (known && isOtherEpoch(known.data.epoch, data.epoch)) {
        round.changed.add(data.id);
        rereads.push(() => this.fillOne(known, () => restoration.readAgain(known, data)));
      } else if (known && data.headSeq < (round.known.get(data.id) ?? 0)) {
        toRecheck.push(known);
      } else {
        const record = this.update(data, !round.isRestored);
        const isRevised = record.amended.revision >= (record.data.revision ?? 0);
        if (!isRevised || record.sequencer.position < record.data.headSeq) behind.push(record);
      }
    }
    // Only now, because the user may log out meanwhile.
    await Promise.all(forgotten);
    for (const { id } of behind) round.changed.add(id);
    // The first page in the order of changes has conversations of the welcome, which are not behind any longer.
    const hasChanges = left.length > 0 || page.conversations.some(({ id }) => round.changed.has(id));
    return { behind, rereads, hasChanges };
  }

  private async runAll(tasks: readonly Task[], isCurrent: () => boolean): Promise<void> {
    const waiting = [...tasks];
    const worker = async () => {
      for (let next = waiting.shift(); next && isCurrent(); next = waiting.shift()) await next();
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }

  /** Removes conversations that are on no page. After a restore, `left` does not contain them. */
  private async forgetOthers(listed: ReadonlySet<ConversationId>, { known }: Round): Promise<void> {
    for (const id of known.keys()) if (!listed.has(id)) await this.ports.updater.forget(id);
  }

  private async fillOne(record: ConversationRecord, fill: Task): Promise<void> {
    try {
      await fill();
    } catch (error) {
      // The user was removed after the page was made: nothing of the conversation is missing.
      if (!(error instanceof ParleyError) || error.code !== 'not_found') throw error;
      await this.ports.updater.forget(record.id);
    }
  }

  /** Fetches and shows the entries after the last shown one, and what was amended. */
  private async fetchNew(record: ConversationRecord): Promise<void> {
    await this.fetchEntries(record);
    await this.ports.amending.fetchMissed(record);
  }

  /** Fetches and shows the entries after the last shown one; after a long absence only the newest page of them. */
  private fetchEntries(record: ConversationRecord): Promise<void> {
    if (record.rereading) return record.rereading;
    const { headSeq } = record.data;
    const { position } = record.sequencer;
    if (headSeq - position > fetchedMax) {
      const fromSeq = position + 1;
      const toSeq = headSeq - limits.historyPageSize;
      record.sequencer.skipTo(toSeq);
      this.ports.events.emit('skipped', { conversation: record.conversation, fromSeq, toSeq });
    }
    return this.ports.intake.fill(record, headSeq);
  }

  private advance(progress: CatchUpProgress): void {
    this.progress = progress;
    this.ports.saveSession().catch(this.ports.reportFailure);
  }
}
