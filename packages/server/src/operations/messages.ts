import { type ConversationId, type HistoryPage, limits, type Receipt, type UserId } from '@parley/protocol';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import { membershipOf } from '../conversations/membership.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { HistoryStore, IsCatchingUp } from '../history/history-port.ts';
import { type PageRequest, plannedRanges } from '../history/page.ts';
import { Refusal } from '../platform/failures.ts';

export interface MessageToSend {
  senderId: UserId;
  conversationId: ConversationId;
  clientMessageId: string;
  text: string;
}

/** Learns what became of a message: one of the two is called, once. */
export interface ReceiptReceiver {
  /** The message is on disk (contract 1). */
  sent(receipt: Receipt): void;
  /** It was refused, by a {@link Refusal}, or no outcome came. */
  failed(error: unknown): void;
}

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
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    this.begin({ senderId, conversationId, clientMessageId, text }, { sent: resolve, failed: reject });
    return promise;
  }

  /**
   * As {@link send}, without promises, for the sends of sockets. Throws {@link Refusal} before anything is done; the
   * receiver is then not called.
   */
  begin({ senderId, conversationId, clientMessageId, text }: MessageToSend, receiver: ReceiptReceiver): void {
    const command = { kind: 'send', conversationId, actorId: senderId, commandId: clientMessageId, text } as const;
    this.submitter.begin(command, {
      settled(outcome) {
        if (outcome.kind === 'done') {
          const { seq, messageCount, atMs } = outcome.entry;
          receiver.sent({ conversationId, seq, messageCount, atMs });
        } else if (outcome.kind === 'refused') receiver.failed(new Refusal(outcome.code, outcome.detail));
        else receiver.failed(new Error('a message without an entry'));
      },
      failed: (error) => receiver.failed(error),
    });
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
