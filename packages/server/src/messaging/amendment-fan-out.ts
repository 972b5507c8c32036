import { type ConversationId, limits, type MessageEntry, type UserId } from '@parley/protocol';
import type { AmendmentCopy } from '../connections/mailbox-port.ts';
import type { HistoryStore } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';
import { type OwnReaction, RangeFrames } from './amendment-frames.ts';
import { type AmendmentRange, AmendmentStream, rangeMessagesMax, rangeTextBytes } from './amendment-stream.ts';
import type { BroadcastGroups } from './broadcast-groups.ts';
import type { MessageVisibility } from './message-visibility.ts';
import type { Roster } from './roster.ts';

/** A gap of more revisions is left to the clients, which ask for the changes. */
export const fillMax = 2_000;

/** Conversations whose last revision is remembered. For one that was evicted, clients detect a gap by the revisions. */
const streamsMax = 50_000;

type KnownReaction = OwnReaction & { revision: number };

interface Stream {
  order: AmendmentStream;
  /** The newest copy. */
  copy: AmendmentCopy;
  /** The users who get the next frame, beside those in the conversation's group. */
  recipientIds: Set<UserId>;
  /** Changes of the users' own reactions since the last frame, each with the revision by which it is known. */
  ownReactions: Map<UserId, KnownReaction[]>;
  /** Waits for the history, for the bounds of members, or for the next frame of a broadcast conversation. */
  isBusy: boolean;
  /** The last arrival when the last frame was sent, see `Roster`. */
  sentAtArrival: number;
}

export interface AmendmentFanOutPorts {
  roster: Roster;
  groups: BroadcastGroups;
  visibility: Pick<MessageVisibility, 'visibleFrom'>;
  history: Pick<HistoryStore, 'changes' | 'ownReactions'>;
  clock: Pick<Clock, 'after'>;
  reportFailure(error: unknown): void;
}

/**
 * Sends amendments to this server's connections that support them: those of a conversation in the order of their
 * revisions (race 4), those of a broadcast conversation joined to at most two frames a second.
 */
export class AmendmentFanOut {
  private readonly streams = new Map<ConversationId, Stream>();

  constructor(private readonly ports: AmendmentFanOutPorts) {}

  deliver(copy: AmendmentCopy): void {
    const stream = this.streamFor(copy);
    if (!stream.order.take(copy.message, copy.revision)) return;
    stream.copy = copy;
    for (const userId of copy.recipientIds) stream.recipientIds.add(userId);
    if (copy.reaction) {
      const { message, revision, reaction } = copy;
      addOwnReaction(stream.ownReactions, copy.actorId, { seq: message.seq, ...reaction, revision });
    }
    if (!stream.isBusy) this.goOn(stream);
  }

  /** The user's membership ended: nothing that waits is sent to the user (contract 8). */
  leave(conversationId: ConversationId, userId: UserId): void {
    const stream = this.streams.get(conversationId);
    stream?.recipientIds.delete(userId);
    stream?.ownReactions.delete(userId);
  }

  /** Forgets the revisions of all conversations: the history may have been restored to an earlier moment. */
  reset(): void {
    this.streams.clear();
  }

  private streamFor(copy: AmendmentCopy): Stream {
    const { conversationId } = copy.message;
    const known = this.streams.get(conversationId);
    if (known) {
      if (!known.isBusy && !this.wasHereAt(known, copy)) known.order.sentUpTo(copy.revision - 1);
      return known;
    }
    const stream: Stream = {
      order: new AmendmentStream(copy.revision - 1),
      ...{ copy, recipientIds: new Set(), ownReactions: new Map(), isBusy: false, sentAtArrival: 0 },
    };
    this.streams.set(conversationId, stream);
    if (this.streams.size > streamsMax) this.forgetOldest();
    return stream;
  }

  private forgetOldest(): void {
    for (const [conversationId, { isBusy }] of this.streams) {
      if (isBusy) continue;
      this.streams.delete(conversationId);
      return;
    }
  }

  /** Whether a recipient was connected when the last frame was sent, and so lacks the amendments between. */
  private wasHereAt(stream: Stream, { message, recipientIds }: AmendmentCopy): boolean {
    if (this.ports.groups.has(message.conversationId)) return true;
    return recipientIds.some((userId) => this.ports.roster.arrivalOf(userId) <= stream.sentAtArrival);
  }

  /** Sends what can be sent at once, and starts what has to be waited for. */
  private goOn(stream: Stream): void {
    const { order, copy } = stream;
    let next = order.next();
    if (next.kind === 'missing' && next.count > fillMax) {
      order.skipMissing();
      next = order.next();
    }
    if (next.kind === 'nothing') {
      stream.isBusy = false;
      stream.recipientIds.clear();
      stream.ownReactions.clear();
      return;
    }
    if (next.kind === 'range' && copy.visibleToAll) {
      this.send(stream, next.range, null);
      this.pauseOrGoOn(stream);
      return;
    }
    stream.isBusy = true;
    const read = next.kind === 'range' ? this.sendBounded(stream, next.range) : this.fill(stream, next.after);
    read
      .catch((error: unknown) => {
        // Clients detect the gap by the revisions and ask for the changes (contract 4).
        this.ports.reportFailure(error);
        order.skipMissing();
      })
      .then(() => this.pauseOrGoOn(stream))
      .catch(this.ports.reportFailure);
  }

  private pauseOrGoOn(stream: Stream): void {
    stream.isBusy = stream.copy.broadcast;
    if (stream.isBusy) this.ports.clock.after(limits.amendedIntervalMs, () => this.goOn(stream));
    else this.goOn(stream);
  }

  /** Reads amendments whose copies did not arrive, once for all connections. */
  private async fill(stream: Stream, after: number): Promise<void> {
    const { conversationId } = stream.copy.message;
    const bounds = { limit: rangeMessagesMax, textBytes: rangeTextBytes };
    const messages = await this.ports.history.changes({ conversationId, after, fromSeq: 1, ...bounds });
    const revision = messages.at(-1)?.revision;
    if (revision === undefined || revision <= after) throw new Error(`no amendments after ${after} were found`);
    await this.readOwnReactions(stream, messages, revision);
    const range = { after, revision, messages };
    if (stream.copy.visibleToAll) this.send(stream, range, null);
    else await this.sendBounded(stream, range);
  }

  /** Reads own reactions that the missing copies may have changed. Changes from later copies, which arrived, are kept. */
  private async readOwnReactions(stream: Stream, messages: readonly MessageEntry[], revision: number): Promise<void> {
    const { conversationId } = stream.copy.message;
    const reacted = messages.flatMap(({ seq, reactions = [] }) => reactions.map(({ emoji }) => ({ seq, emoji })));
    if (reacted.length === 0) return;
    for (const userId of this.usersOf(stream)) {
      const own = await this.ports.history.ownReactions(
        userId,
        reacted.map((reaction) => ({ conversationId, ...reaction })),
      );
      const isOwn = new Set(own.map(({ seq, emoji }) => `${seq} ${emoji}`));
      const later = (stream.ownReactions.get(userId) ?? []).filter((known) => known.revision > revision);
      stream.ownReactions.set(
        userId,
        reacted.map(({ seq, emoji }) => ({ seq, emoji, set: isOwn.has(`${seq} ${emoji}`), revision })),
      );
      for (const known of later) addOwnReaction(stream.ownReactions, userId, known);
    }
  }

  private usersOf({ recipientIds, copy }: Stream): ReadonlySet<UserId> {
    return new Set([...recipientIds, ...this.ports.groups.users(copy.message.conversationId)]);
  }

  /** Sends a range to members who may not all see the same messages (contract 8). */
  private async sendBounded(stream: Stream, range: AmendmentRange): Promise<void> {
    const { message, membershipSeq } = stream.copy;
    const userIds = this.usersOf(stream);
    const bounds = await this.ports.visibility.visibleFrom(message.conversationId, membershipSeq, userIds);
    const oldest = Math.min(...range.messages.map(({ seq }) => seq));
    const seesAll = [...userIds].every((userId) => (bounds.get(userId) ?? Number.POSITIVE_INFINITY) <= oldest);
    this.send(stream, range, seesAll ? null : bounds);
  }

  /** @param bounds null if every recipient may see all messages of the range. */
  private send(stream: Stream, range: AmendmentRange, bounds: ReadonlyMap<UserId, number> | null): void {
    const { groups, roster } = this.ports;
    const { conversationId } = stream.copy.message;
    const frames = new RangeFrames(conversationId, range);
    if (!bounds) groups.publishAmendments(conversationId, frames.from(1));
    // Of a group to which the range was published, only users with reactions of their own get another frame.
    const userIds = bounds ? this.usersOf(stream) : new Set([...stream.recipientIds, ...stream.ownReactions.keys()]);
    for (const userId of userIds) {
      const fromSeq = bounds ? (bounds.get(userId) ?? Number.POSITIVE_INFINITY) : 1;
      if (fromSeq === Number.POSITIVE_INFINITY) continue;
      const own = takeOwn(stream, userId, range);
      for (const connection of roster.of(userId)) {
        if (connection.wantsAmendments === false) continue;
        const news = own.filter((reaction) => !connection.acknowledgedReactions?.has(conversationId, reaction));
        if (!bounds && groups.includes(conversationId, connection)) {
          if (news.length > 0) connection.sendAmendment(frames.ownOnly(news));
        } else if (bounds || stream.recipientIds.has(userId)) connection.sendAmendment(frames.personal(fromSeq, news));
      }
    }
    stream.order.sentUpTo(range.revision);
    stream.sentAtArrival = roster.lastArrival;
  }
}

/** Removes the user's own reactions to the messages of the range, and returns them. */
function takeOwn({ ownReactions }: Stream, userId: UserId, { messages }: AmendmentRange): OwnReaction[] {
  const seqs = new Set(messages.map(({ seq }) => seq));
  const { own = [], later = [] } = Object.groupBy(ownReactions.get(userId) ?? [], ({ seq }) =>
    seqs.has(seq) ? 'own' : 'later',
  );
  if (later.length > 0) ownReactions.set(userId, later);
  else ownReactions.delete(userId);
  return own.map(({ revision: _, ...reaction }) => reaction);
}

/** Of several changes of one reaction the last one counts. */
function addOwnReaction(byUser: Map<UserId, KnownReaction[]>, userId: UserId, reaction: KnownReaction): void {
  const others = byUser.get(userId)?.filter(({ seq, emoji }) => seq !== reaction.seq || emoji !== reaction.emoji) ?? [];
  byUser.set(userId, [...others, reaction]);
}
