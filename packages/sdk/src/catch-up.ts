import { type Homepage, limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import type { Conversations } from './conversations.ts';

/** Up to this many missed entries of a conversation are fetched; of more the newest page, and the rest on demand. */
const fetchedMax = 200;
/** Ranges fetched at once. */
const parallel = 4;

/**
 * What a client does after connecting, so that it has everything that it missed, most recent conversation first. The
 * cost grows with what changed, not with history or with how long one was away.
 */
export class CatchUp {
  constructor(
    private readonly core: ClientCore,
    private readonly conversations: Conversations,
    private readonly fill: (conversation: Conversation, toSeq: number) => Promise<void>,
  ) {}

  /**
   * @param first the page of the welcome.
   * @param hadConversations whether this client knew any before: then it needs only what changed.
   * @param isCurrent false once another connection took over.
   */
  async run(first: Homepage, hadConversations: boolean, isCurrent: () => boolean): Promise<void> {
    let page = first;
    while (isCurrent()) {
      const behind = await this.takePage(page);
      await this.fillAll(behind, isCurrent);
      // Further pages are older: once nothing on one was new, nothing on the next is.
      const sawNothingNew = hadConversations && behind.length === 0 && page.left.length === 0;
      if (page.nextCursor === null || sawNothingNew) return;
      const limit = limits.homepagePageMax;
      page = await this.core.api.call('getHomepage', { cursor: page.nextCursor, limit, left: 'true' });
    }
  }

  /** Takes in a page; returns those conversations that moved past what was shown of them. */
  private async takePage(page: Homepage): Promise<Conversation[]> {
    for (const { conversationId } of page.left) {
      if (this.conversations.get(conversationId)) await this.core.forget(conversationId);
    }
    return page.conversations
      .map((data) => this.core.update(data))
      .filter((conversation) => conversation.sequencer.position < conversation.data.headSeq);
  }

  private async fillAll(behind: readonly Conversation[], isCurrent: () => boolean): Promise<void> {
    const waiting = [...behind];
    const worker = async () => {
      for (let next = waiting.shift(); next && isCurrent(); next = waiting.shift()) await this.bringUp(next);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
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
    await this.fill(conversation, headSeq);
  }
}
