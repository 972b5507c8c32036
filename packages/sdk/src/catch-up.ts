import { type Homepage, limits, type ServerFrameOf } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import type { EntryIntake } from './entry-intake.ts';
import { ParleyError } from './parley-error.ts';
import type { ReadRevision } from './read-revision.ts';
import type { StoredSession } from './store/store.ts';

/** Up to this many missed entries of a conversation are fetched; of more the newest page, and the rest on demand. */
const fetchedMax = 200;
/** Ranges fetched at once. */
const parallel = 4;

export type CatchUpProgress = NonNullable<StoredSession['catchUp']>;

/**
 * What a client does after connecting, so that it has everything that it missed, most recent conversation first. The
 * cost grows with what changed, not with history or with how long one was away.
 */
export class CatchUp {
  progress: CatchUpProgress = 'never';

  constructor(
    private readonly core: ClientCore,
    private readonly intake: EntryIntake,
    private readonly readRevision: ReadRevision,
  ) {}

  /** Whether all conversations were here once: whatever is new from then on was not shown yet. */
  get hadConversations(): boolean {
    return this.progress !== 'never';
  }

  /**
   * @param welcome with the first page of the homepage.
   * @param isCurrent false once another connection took over.
   */
  async run(
    welcome: Pick<ServerFrameOf<'welcome'>, 'homepage' | 'readRevision'>,
    isCurrent: () => boolean,
  ): Promise<void> {
    const { homepage, readRevision } = welcome;
    const readsAll = readRevision !== undefined && !this.readRevision.isBefore(readRevision);
    // Further pages are older: once nothing on one was new, nothing on the next is, if those after it were seen. What
    // was read elsewhere is no news of a page: it has a revision of its own.
    const stopsEarly = this.progress === 'done' && !readsAll;
    let page = homepage;
    while (isCurrent()) {
      const { behind, isNews } = await this.takePage(page);
      const isLast = page.nextCursor === null || (stopsEarly && !isNews);
      if (isNews) this.interrupt();
      await this.fillAll(behind, isCurrent);
      if (page.nextCursor === null || isLast) break;
      const limit = limits.homepagePageMax;
      page = await this.core.api.call('getHomepage', { cursor: page.nextCursor, limit, left: 'true' });
    }
    if (isCurrent() && readRevision !== undefined) {
      if (page.nextCursor === null) this.readRevision.keep(readRevision);
      else await this.readRevision.follow(readRevision, isCurrent);
    }
    if (isCurrent() && this.progress !== 'done') this.advance('done');
  }

  /** Something is missing: until the next catch-up is through, no page says anything about those after it. */
  interrupt(): void {
    if (this.progress === 'done') this.advance('interrupted');
  }

  /** Takes in a page: which conversations moved past what was shown of them, and whether anything was new. */
  private async takePage(page: Homepage): Promise<{ behind: Conversation[]; isNews: boolean }> {
    const left = page.left.filter(({ conversationId }) => this.core.conversations.get(conversationId));
    for (const { conversationId } of left) await this.core.forget(conversationId);
    const behind = page.conversations
      .map((data) => this.core.update(data))
      .filter((conversation) => conversation.sequencer.position < conversation.data.headSeq);
    return { behind, isNews: left.length + behind.length > 0 };
  }

  private async fillAll(behind: readonly Conversation[], isCurrent: () => boolean): Promise<void> {
    const waiting = [...behind];
    const worker = async () => {
      for (let next = waiting.shift(); next && isCurrent(); next = waiting.shift()) await this.fillOne(next);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }

  private async fillOne(conversation: Conversation): Promise<void> {
    try {
      await this.bringUp(conversation);
    } catch (error) {
      // Removed since the page was made: nothing of it is missing.
      if (!(error instanceof ParleyError) || error.code !== 'not_found') throw error;
      await this.core.forget(conversation.id);
    }
  }

  /** Shows what the conversation has beyond what was shown: after a long absence the newest page of it. */
  async bringUp(conversation: Conversation): Promise<void> {
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
