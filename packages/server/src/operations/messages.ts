import {
  type ConversationId,
  type Entry,
  type HistoryPage,
  limits,
  type MessageEntry,
  type Receipt,
  type UserId,
} from '@parley/protocol';
import type { ConversationHead } from '../conversations/conversation.ts';
import { type Membership, type MembershipReads, membershipOf, membershipsOf } from '../conversations/membership.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { FindCatchingUp, HistoryStore } from '../history/history-port.ts';
import { type MissedRange, type PageRequest, plannedMissed, plannedRanges } from '../history/page.ts';
import { Refusal } from '../platform/failures.ts';
import { withOwnReactions } from './own-reactions.ts';

export interface MessageToSend {
  senderId: UserId;
  conversationId: ConversationId;
  clientMessageId: string;
  text: string;
  /** The number of the message that it replies to. */
  replyTo?: number | undefined;
}

/** Learns what became of a message: one of the two is called, once. */
export interface ReceiptReceiver {
  /** The message is on disk (contract 1). */
  sent(receipt: Receipt): void;
  /** It was refused, by a {@link Refusal}, or no outcome came. */
  failed(error: unknown): void;
}

const none: ReadonlySet<ConversationId> = new Set();

/** Sending messages and reading what was sent. */
export class Messages {
  constructor(
    private readonly history: HistoryStore,
    private readonly conversations: MembershipReads,
    private readonly submitter: CommandSubmitter,
    private readonly findCatchingUp: FindCatchingUp,
  ) {}

  /** Resolves when the message is on disk (contract 1). Throws {@link Refusal}. */
  async send(
    senderId: UserId,
    conversationId: ConversationId,
    clientMessageId: string,
    text: string,
    replyTo?: number,
  ): Promise<Receipt> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    this.begin({ senderId, conversationId, clientMessageId, text, replyTo }, { sent: resolve, failed: reject });
    return promise;
  }

  /**
   * As {@link send}, without promises, for the sends of sockets. Throws {@link Refusal} before anything is done; the
   * receiver is then not called.
   */
  begin({ senderId, clientMessageId, ...content }: MessageToSend, receiver: ReceiptReceiver): void {
    const { conversationId } = content;
    const command = { kind: 'send', actorId: senderId, commandId: clientMessageId, ...content } as const;
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
    const found = parts.flat();
    const [entries, quoted] = await Promise.all([
      withOwnReactions(this.history, readerId, found),
      this.quoted(conversationId, found, visibleFromSeq),
    ]);
    const catchingUp = await this.catchingUp([{ head, after: request.after }]);
    const page = pageOf({ head, participant, epoch }, entries, catchingUp);
    return quoted.length > 0 ? { ...page, quoted } : page;
  }

  /**
   * The entries after the given numbers, as {@link page} without quoted messages, of as many of the first conversations
   * as one response may have.
   *
   * @param ranges each of a different conversation.
   */
  async missed(
    readerId: UserId,
    ranges: readonly MissedRange[],
  ): Promise<{ pages: HistoryPage[]; notFound: ConversationId[] }> {
    const ids = ranges.map(({ conversationId }) => conversationId);
    const memberships = await membershipsOf(this.conversations, readerId, ids);
    const own = ranges.flatMap((range) => {
      const membership = memberships.get(range.conversationId);
      return membership ? { ...range, ...membership } : [];
    });
    const planned = plannedMissed(own, limits.catchUpEntries);
    const wanted = planned.filter(({ fromSeq, toSeq }) => fromSeq <= toSeq);
    const found = wanted.length === 0 ? [] : await this.history.ranges(wanted, limits.catchUpBytes);
    const [entries, catchingUp] = await Promise.all([
      withOwnReactions(this.history, readerId, found),
      this.catchingUp(own),
    ]);
    const entriesOf = Map.groupBy(entries, ({ conversationId }) => conversationId);
    const firstUnread = wanted.find(({ conversationId }) => !entriesOf.has(conversationId));
    const read = firstUnread ? planned.indexOf(firstUnread) : planned.length;
    const pages = own
      .slice(0, read)
      .map((range) => pageOf(range, entriesOf.get(range.conversationId) ?? [], catchingUp));
    return { pages, notFound: ids.filter((id) => !memberships.has(id)) };
  }

  /** Those of these conversations of which the reader is ahead, and whose entries may come back. */
  private async catchingUp(
    reads: readonly { head: ConversationHead; after?: number | undefined }[],
  ): Promise<ReadonlySet<ConversationId>> {
    const ahead = reads.filter(({ head, after = 0 }) => after > head.headSeq).map(({ head }) => head.id);
    return ahead.length === 0 ? none : this.findCatchingUp(ahead);
  }

  /** The messages that entries reply to and that are not among them. Reads nothing when there are none. */
  private async quoted(
    conversationId: ConversationId,
    entries: readonly Entry[],
    visibleFromSeq: number,
  ): Promise<MessageEntry[]> {
    const present = new Set(entries.map(({ seq }) => seq));
    const targets = entries.flatMap((entry) => (entry.kind === 'message' ? (entry.replyTo ?? []) : []));
    const missing = [...new Set(targets)].filter((seq) => !present.has(seq) && seq >= visibleFromSeq);
    return missing.length === 0 ? [] : this.history.messages(conversationId, missing);
  }
}

function pageOf(
  { head, participant: { visibleFromSeq }, epoch }: Membership,
  entries: Entry[],
  catchingUp: ReadonlySet<ConversationId>,
): HistoryPage {
  const { id: conversationId, headSeq, revision } = head;
  return {
    ...{ conversationId, entries, headSeq, visibleFromSeq },
    ...(revision > 0 && { revision }),
    ...(epoch !== undefined && { epoch }),
    ...(catchingUp.has(conversationId) && { catchingUp: true as const }),
  };
}
