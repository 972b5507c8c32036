import { type ConversationId, type Homepage, limits, type ServerFrameOf } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import type { EntryIntake } from './entry-intake.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { ReadRevision } from './read-revision.ts';
import { isOtherEpoch, type Restoration } from './restoration.ts';
import type { StoredSession } from './store/store.ts';

/** Up to this many missed entries of a conversation are fetched; of more the newest page, and the rest on demand. */
const fetchedMax = 200;
/** Ranges fetched at once. */
const parallel = 4;
/** The names of partners who are not in view are looked up at most this often. */
const partnersIntervalMs = 10 * 60_000;

export type CatchUpProgress = NonNullable<StoredSession['catchUp']>;

/** The state of one catch-up; every connection begins another. */
interface Round {
  /** False once another connection took over. */
  isCurrent: () => boolean;
  /** See {@link CatchUp.asked}. */
  shown: ReadonlyMap<ConversationId, number>;
  /** The list of conversations and the read positions have another epoch than those that are stored here. */
  isRestored: boolean;
}

type Welcome = Pick<ServerFrameOf<'welcome'>, 'homepage' | 'readRevision' | 'serverTimeMs' | 'epoch'>;

type Task = () => Promise<void>;

/**
 * What a client does after connecting, so that it has everything that it missed, most recent conversation first. The
 * cost grows with what changed, not with history or with how long one was away.
 */
export class CatchUp {
  progress: CatchUpProgress = 'never';
  /** See {@link StoredSession.epoch}. */
  epoch: string | undefined;
  private shown: ReadonlyMap<ConversationId, number> = new Map();
  /** When partners' names were last asked for, by the server's time. */
  private partnersAtMs = 0;

  constructor(
    private readonly core: ClientCore,
    private readonly intake: EntryIntake,
    private readonly readRevision: ReadRevision,
    private readonly restoration: Restoration,
  ) {}

  /** Whether all conversations were here once: whatever is new from then on was not shown yet. */
  get hadConversations(): boolean {
    return this.progress !== 'never';
  }

  /** A connection is requested: a head in its welcome below what is known now means that the server was restored. */
  asked(): void {
    this.shown = new Map(this.core.conversations.list().map((each) => [each.id, each.shownUpTo]));
  }

  /**
   * @param welcome with the first page of the homepage.
   * @param isCurrent false once another connection took over.
   */
  async run(welcome: Welcome, isCurrent: () => boolean): Promise<void> {
    const { homepage, readRevision } = welcome;
    const isRestored = isOtherEpoch(this.epoch, welcome.epoch);
    if (isRestored) this.restoration.begin();
    const round: Round = { isCurrent, shown: this.shown, isRestored };
    const readsAll = isRestored || (readRevision !== undefined && !this.readRevision.isBefore(readRevision));
    // Further pages are older: once nothing on one was new, nothing on the next is, if those after it were seen. What
    // was read elsewhere does not move a conversation to another page: it has a revision of its own.
    const stopsEarly = this.progress === 'done' && !readsAll;
    const listed = new Set<ConversationId>();
    const doubtful: Conversation[] = [];
    let page = homepage;
    while (isCurrent()) {
      for (const { id } of page.conversations) listed.add(id);
      const behind = await this.takePage(page, round, doubtful);
      const isLast = page.nextCursor === null || (stopsEarly && behind.length === 0);
      if (behind.length > 0) this.interrupt();
      await this.fillAll(behind, isCurrent);
      if (page.nextCursor === null || isLast) break;
      const limit = limits.homepagePageMax;
      page = await this.core.api.call('getHomepage', { cursor: page.nextCursor, limit, left: 'true' });
    }
    for (const each of doubtful) await this.restoration.doubt(each, round.shown.get(each.id) ?? 0, isCurrent);
    if (isCurrent() && isRestored) await this.forgetOthers(listed, round);
    if (isCurrent() && readRevision !== undefined) {
      if (page.nextCursor === null) this.readRevision.keep(readRevision);
      else await this.readRevision.follow(readRevision, isCurrent);
    }
    if (!isCurrent()) return;
    this.refreshPartners(welcome.serverTimeMs, page.nextCursor === null);
    const isNewEpoch = welcome.epoch !== undefined && welcome.epoch !== this.epoch;
    if (isNewEpoch) this.epoch = welcome.epoch;
    if (isNewEpoch || this.progress !== 'done') this.advance('done');
  }

  /**
   * Looks up the names of all partners of direct chats, also of those further down the list, because the list is
   * searched by them. Not on every reconnect; the names of people in view are looked up on each.
   */
  private refreshPartners(serverTimeMs: number, allWereRead: boolean): void {
    if (serverTimeMs - this.partnersAtMs < partnersIntervalMs) return;
    this.partnersAtMs = serverTimeMs;
    if (allWereRead) return;
    this.core.people.refresh([...this.core.conversations.partners.keys()]).catch((error: unknown) => {
      this.partnersAtMs = 0;
      if (!(error instanceof Disconnected)) this.core.reportFailure(error);
    });
  }

  /** Something is missing: until the next catch-up is through, no page says anything about those after it. */
  interrupt(): void {
    if (this.progress === 'done') this.advance('interrupted');
  }

  /** Takes in a page. Returns a task for each of its conversations that moved, including those that were left. */
  private async takePage(page: Homepage, round: Round, doubtful: Conversation[]): Promise<Task[]> {
    const left = page.left.filter(({ conversationId }) => this.core.conversations.get(conversationId));
    for (const { conversationId } of left) await this.core.forget(conversationId);
    const tasks: Task[] = left.map(() => async () => undefined);
    for (const data of page.conversations) {
      const known = this.core.conversations.get(data.id);
      if (known && isOtherEpoch(known.data.epoch, data.epoch)) {
        tasks.push(() => this.fillOne(known, () => this.restoration.readAgain(known, data)));
      } else if (known && data.headSeq < (round.shown.get(data.id) ?? 0)) {
        doubtful.push(known);
      } else {
        const conversation = this.core.update(data, !round.isRestored);
        if (conversation.sequencer.position >= conversation.data.headSeq) continue;
        tasks.push(() => this.fillOne(conversation, () => this.bringUp(conversation)));
      }
    }
    return tasks;
  }

  private async fillAll(tasks: readonly Task[], isCurrent: () => boolean): Promise<void> {
    const waiting = [...tasks];
    const worker = async () => {
      for (let next = waiting.shift(); next && isCurrent(); next = waiting.shift()) await next();
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }

  /** Forgets conversations that are on no page any more: after a restore, `left` does not name them. */
  private async forgetOthers(listed: ReadonlySet<ConversationId>, { shown }: Round): Promise<void> {
    for (const conversationId of shown.keys()) if (!listed.has(conversationId)) await this.core.forget(conversationId);
  }

  private async fillOne(conversation: Conversation, fill: Task): Promise<void> {
    try {
      await fill();
    } catch (error) {
      // Removed since the page was made: nothing of it is missing.
      if (!(error instanceof ParleyError) || error.code !== 'not_found') throw error;
      await this.core.forget(conversation.id);
    }
  }

  /** Shows what the conversation has beyond what was shown: after a long absence the newest page of it. */
  async bringUp(conversation: Conversation): Promise<void> {
    if (conversation.readingAgain) return conversation.readingAgain;
    const { headSeq } = conversation.data;
    const { position } = conversation.sequencer;
    if (headSeq - position > fetchedMax) {
      const fromSeq = position + 1;
      const toSeq = headSeq - limits.historyPageSize;
      conversation.sequencer.skipTo(toSeq);
      this.core.events.emit('skipped', { conversation, fromSeq, toSeq });
    }
    await this.intake.fill(conversation, headSeq);
  }

  private advance(progress: CatchUpProgress): void {
    this.progress = progress;
    this.core.saveSession().catch(this.core.reportFailure);
  }
}
