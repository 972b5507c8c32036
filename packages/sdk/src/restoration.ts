import { type Conversation as ConversationData, type Entry, type HistoryPage, limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationBook } from './conversation-book.ts';
import { withEntry } from './entry-effects.ts';
import type { EntryIntake } from './entry-intake.ts';

/** How often a server that is catching up is asked how far it has come. */
const askAgainMs = 1_000;

/** Whether numbers belong to another history. An absent epoch, of a server of an earlier version, is not a different one. */
export function isOtherEpoch(known: string | undefined, now: string | undefined): boolean {
  return known !== undefined && now !== undefined && known !== now;
}

/** What to do when the server was restored to an earlier moment: what was read is discarded, and read again. */
export class Restoration {
  /** Conversations of which the server is asked whether it will have again what was shown. */
  private readonly doubted = new Set<Conversation>();

  constructor(
    private readonly core: ClientCore,
    private readonly book: ConversationBook,
    private readonly intake: EntryIntake,
  ) {}

  /** The list of conversations, and what was read of them, is of another history. */
  begin(): void {
    this.book.discardReading();
    this.core.events.emit('restored', { conversation: null });
  }

  /** The conversation, when `data` is of another history than what was read of it; it is read again. */
  begunBy(data: ConversationData): Conversation | null {
    const known = this.core.conversations.get(data.id);
    if (!known || !isOtherEpoch(known.data.epoch, data.epoch)) return null;
    this.readAgain(known, data).catch((error: unknown) => this.intake.failed(data.id, error));
    return known;
  }

  /** See {@link ClientCore.isOfAnotherHistory}. */
  isShownBy(conversation: Conversation, answer: HistoryPage, shown: number): boolean {
    const isOther = isOtherEpoch(conversation.data.epoch, answer.epoch);
    if (!isOther && answer.headSeq >= shown) return false;
    const begun = isOther ? this.readAgain(conversation) : this.doubt(conversation, shown);
    begun.catch((error: unknown) => this.intake.failed(conversation.id, error));
    return true;
  }

  /**
   * The server's head is below what was shown. Waits for as long as it says that it is catching up; when it has again
   * what was shown nothing happened, else the conversation is read again.
   */
  async doubt(conversation: Conversation, shown: number, isWanted: () => boolean = () => true): Promise<void> {
    if (this.doubted.has(conversation)) return;
    this.doubted.add(conversation);
    try {
      while (isWanted() && this.core.isConnected && this.core.conversations.get(conversation.id) === conversation) {
        const page = await this.core.api.call('getHistory', {
          conversationId: conversation.id,
          after: shown,
          limit: 1,
        });
        const isOther = isOtherEpoch(conversation.data.epoch, page.epoch);
        if (!isOther && page.headSeq >= shown) return;
        if (isOther || !page.catchingUp) return await this.readAgain(conversation);
        await new Promise<void>((resolve) => this.core.runtime.after(askAgainMs, resolve));
      }
    } finally {
      this.doubted.delete(conversation);
    }
  }

  /** @param now what the conversation is in the other history; asked for unless given. */
  readAgain(conversation: Conversation, now?: ConversationData): Promise<void> {
    conversation.readingAgain ??= this.intake
      .holdingBack(conversation, () => this.read(conversation, now))
      .finally(() => {
        conversation.readingAgain = null;
      });
    return conversation.readingAgain;
  }

  /** What was read is discarded only when the other history is here: without it everything stays as it was. */
  private async read(conversation: Conversation, now?: ConversationData): Promise<readonly Entry[]> {
    const { core } = this;
    const { id: conversationId } = conversation;
    const data = now ?? (await core.api.call('getConversation', { conversationId }));
    const page = await core.api.call('getHistory', { conversationId, limit: limits.historyPageMax });
    const headSeq = page.entries.at(-1)?.seq ?? page.headSeq;
    const kept = await core.store.entries(conversationId, { before: headSeq + 1, limit: limits.historyPageMax });
    const position = lastShown(conversation, page, kept);
    await core.store.deleteConversation(conversationId);
    if (core.conversations.get(conversationId) !== conversation) return [];
    const known = page.entries.filter(({ seq }) => seq <= position);
    let shown: ConversationData = { ...data, epoch: page.epoch ?? data.epoch };
    for (const entry of known) if (entry.seq > shown.headSeq) shown = withEntry(shown, entry, core.account);
    this.book.beginAnew(conversation, shown, position);
    core.store.putEntries(conversationId, known).catch(core.reportFailure);
    const fromSeq = page.visibleFromSeq;
    if (known.length === 0 && fromSeq <= position) {
      core.events.emit('skipped', { conversation, fromSeq, toSeq: position });
    }
    return page.entries;
  }
}

/**
 * The number of the last entry of the page that was shown under the former epoch too: histories of one beginning are
 * the same up to where they part. Before the page when it has none. Of entries from before this client kept any, those
 * count as shown that are no newer than the newest that it knew.
 */
function lastShown({ data, sequencer }: Conversation, page: HistoryPage, kept: readonly Entry[]): number {
  const keptBySeq = new Map(kept.map((entry) => [entry.seq, entry]));
  const wasShown = (entry: Entry) => {
    const before = keptBySeq.get(entry.seq);
    return entry.seq <= sequencer.position && (before ? isSame(before, entry) : entry.atMs <= data.lastActivityAtMs);
  };
  const first = page.entries[0];
  return page.entries.findLast(wasShown)?.seq ?? (first ? first.seq - 1 : page.headSeq);
}

function isSame(a: Entry, b: Entry): boolean {
  const idOf = (entry: Entry) => (entry.kind === 'message' ? entry.clientMessageId : entry.kind);
  return a.atMs === b.atMs && a.senderId === b.senderId && idOf(a) === idOf(b);
}
