import { type Conversation as ConversationData, type Entry, type HistoryPage, limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationBook } from './conversation-book.ts';
import { withEntry } from './entry-effects.ts';
import type { EntryIntake } from './entry-intake.ts';
import { understood } from './history.ts';

/** How often a server that is catching up is asked how far it has come. */
const askAgainMs = 1_000;

/** Whether two epochs differ. An absent one, of a server of an earlier version, differs from none. */
export function isOtherEpoch(known: string | undefined, now: string | undefined): boolean {
  return known !== undefined && now !== undefined && known !== now;
}

/** Discards what was read, and reads it again, when the server was restored to an earlier moment. */
export class Restoration {
  /** Conversations whose head is below what was shown; the server may still be catching up. */
  private readonly doubted = new Set<Conversation>();

  constructor(
    private readonly core: ClientCore,
    private readonly book: ConversationBook,
    private readonly intake: EntryIntake,
  ) {}

  /** The list of conversations and the read positions have another epoch. */
  begin(): void {
    this.book.discardReading();
    this.core.events.emit('restored', { conversation: null });
  }

  /** Reads the conversation again, and returns it, if `data` has another epoch; otherwise returns null. */
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
   * The server's head is below what was shown. Waits while the server says that it is catching up. If its head then
   * reaches what was shown, nothing was lost; otherwise the conversation is read again.
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

  /** @param now the conversation under its new epoch; requested if absent. */
  readAgain(conversation: Conversation, now?: ConversationData): Promise<void> {
    conversation.readingAgain ??= this.intake
      .holdingBack(conversation, () => this.read(conversation, now))
      .finally(() => {
        conversation.readingAgain = null;
      });
    return conversation.readingAgain;
  }

  /** Discards what was read only after the new page has arrived: if the request fails, everything stays. */
  private async read(conversation: Conversation, now?: ConversationData): Promise<readonly Entry[]> {
    const { core } = this;
    const { id: conversationId } = conversation;
    const data = now ?? (await core.api.call('getConversation', { conversationId }));
    const page = await core.api.call('getHistory', { conversationId, limit: limits.historyPageMax });
    const headSeq = page.entries.at(-1)?.seq ?? page.headSeq;
    const kept = await core.store.entries(conversationId, { before: headSeq + 1, limit: limits.historyPageMax });
    const position = lastShown(conversation, page, kept.flatMap(understood));
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
 * The number of the last entry of the page that was already shown under the former epoch: both histories are the same
 * up to the restored moment. The number before the page if no entry was. An entry that is not in the store counts as
 * shown if it is not newer than the conversation's last known activity.
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
