import { type ConversationId, type HistoryPage, limits, type Receipt, type UserId } from '@parley/protocol';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import { membershipOf } from '../conversations/membership.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { HistoryStore, IsCatchingUp } from '../history/history-port.ts';
import { type PageRequest, plannedRanges } from '../history/page.ts';
import { Refusal } from '../platform/failures.ts';

/** Sending messages and reading what was sent. */
export class Messages {
  constructor(
    private readonly history: HistoryStore,
    private readonly conversations: Pick<ConversationStore, 'headAndParticipant' | 'readPositions'>,
    private readonly submitter: CommandSubmitter,
    private readonly isCatchingUp: IsCatchingUp,
  ) {}

  /** Resolves when the message is on disk (contract 1). Throws {@link Refusal}. */
  async send(
    senderId: UserId,
    conversationId: ConversationId,
    clientMessageId: string,
    text: string,
  ): Promise<Receipt> {
    const command = { kind: 'send', conversationId, actorId: senderId, commandId: clientMessageId, text } as const;
    const outcome = await this.submitter.submit(command);
    if (outcome.kind === 'refused') throw new Refusal(outcome.code, outcome.detail);
    if (outcome.kind === 'unchanged') throw new Error('a message without an entry');
    const { seq, messageCount, atMs } = outcome.entry;
    return { conversationId, seq, messageCount, atMs };
  }

  /** A gapless range of what the reader may see (contract 3, 8). Throws {@link Refusal} `not_found`. */
  async page(readerId: UserId, conversationId: ConversationId, request: PageRequest): Promise<HistoryPage> {
    const { head, participant, epoch } = await membershipOf(this.conversations, readerId, conversationId);
    const { visibleFromSeq } = participant;
    const bounds = { fromSeq: visibleFromSeq, toSeq: head.headSeq };
    const parts = await Promise.all(
      plannedRanges(request, bounds).map(async (range) => {
        const entries = await this.history.range({
          conversationId,
          textBytes: limits.historyPageTextBytes,
          ...range,
        });
        return range.order === 'newest_first' ? entries.reverse() : entries;
      }),
    );
    const { headSeq } = head;
    const page = { conversationId, entries: parts.flat(), headSeq, visibleFromSeq };
    const known = epoch === undefined ? page : { ...page, epoch };
    if ((request.after ?? 0) <= headSeq || !(await this.isCatchingUp(conversationId))) return known;
    return { ...known, catchingUp: true };
  }
}
