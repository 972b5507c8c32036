import { type ConversationId, type Entry, limits, type ServerFrame, type UserId } from '@parley/protocol';
import type { EntryCopy } from '../connections/mailbox-port.ts';
import { covers } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import { leavingUser } from '../conversations/entry-users.ts';
import type { HistoryStore } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { AmendmentFanOut } from './amendment-fan-out.ts';
import type { BroadcastGroups } from './broadcast-groups.ts';
import { arrivalOf, fillMax } from './entry-order.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import type { PresenceWatch } from './presence-watch.ts';
import type { Roster } from './roster.ts';

interface Stream {
  /** The number of the last entry that was sent. */
  lastSeq: number;
  /** The last arrival at that time: a user with a later arrival number was not connected then. */
  handedOutAtArrival: number;
  /** Copies that wait until the gap before them is filled. */
  held: EntryCopy[] | null;
}

/** Conversations whose last number is remembered. For one that was evicted, clients detect a gap by the numbers. */
const streamsMax = 50_000;

export interface FanOutPorts {
  roster: Roster;
  groups: BroadcastGroups;
  watch: Pick<PresenceWatch, 'leave'>;
  amendments: Pick<AmendmentFanOut, 'leave'>;
  history: Pick<HistoryStore, 'range'>;
  conversations: Pick<ConversationStore, 'participant'>;
  clock: Clock;
  metrics: MessagingMetrics;
  reportFailure(error: unknown): void;
}

/**
 * Sends entries to this server's connections: the entries of a conversation in order, each once (contract 3, race 4).
 */
export class FanOut {
  private readonly streams = new Map<ConversationId, Stream>();

  constructor(private readonly ports: FanOutPorts) {}

  /**
   * Accepts one copy. Once this resolves its recipients have it, unless a gap before it is being filled. Returns
   * undefined when they have it at once.
   */
  deliver(copy: EntryCopy): Promise<void> | undefined {
    // Only such a copy can make this server follow a conversation.
    if (copy.broadcast && copy.recipientIds.length > 0) return this.enterAndDeliver(copy);
    this.take(copy);
    return undefined;
  }

  private async enterAndDeliver(copy: EntryCopy): Promise<void> {
    const leavingId = leavingUser(copy.entry);
    const memberIds = copy.recipientIds.filter((userId) => userId !== leavingId);
    await this.follow(copy.entry, memberIds, () => this.take(copy));
  }

  /**
   * Makes this server follow a broadcast conversation, because a copy named members who are connected here. `passOn`
   * passes that copy on; the entries after `seq` that were decided meanwhile are fetched.
   */
  async follow(
    { conversationId, seq }: Pick<Entry, 'conversationId' | 'seq'>,
    memberIds: readonly UserId[],
    passOn: () => void,
  ): Promise<void> {
    const wasFollowed = this.ports.groups.has(conversationId);
    await this.enterGroup(conversationId, memberIds);
    passOn();
    if (!wasFollowed && this.ports.groups.has(conversationId)) await this.catchUp(conversationId, seq);
  }

  /** Forgets the numbers of all conversations: the history may have been restored to an earlier moment. */
  reset(): void {
    this.streams.clear();
  }

  private take(copy: EntryCopy): void {
    const { conversationId } = copy.entry;
    const stream = this.streams.get(conversationId);
    if (stream?.held) {
      stream.held.push(copy);
      return;
    }
    const arrival = arrivalOf(copy.entry.seq, stream && this.wasHereAt(stream, copy) ? stream.lastSeq : undefined);
    if (arrival.kind === 'hand_out') this.handOut(copy, stream);
    else if (arrival.kind === 'fill' && stream) this.fillThenGoOn(copy, stream, arrival);
  }

  /** Fetches the entries that were decided after `seq` while this server's interest was being registered. */
  private async catchUp(conversationId: ConversationId, seq: number): Promise<void> {
    const missed = await this.range(conversationId, seq + 1, seq + fillMax);
    for (const entry of missed) {
      await this.deliver({ kind: 'entry', entry, broadcast: true, interested: true, recipientIds: [] });
    }
  }

  /** Whether a recipient of this copy was connected when the last entry was sent, and so lacks the entries between. */
  private wasHereAt(stream: Stream, { entry, recipientIds }: EntryCopy): boolean {
    if (this.ports.groups.has(entry.conversationId)) return true;
    return recipientIds.some((userId) => this.ports.roster.arrivalOf(userId) <= stream.handedOutAtArrival);
  }

  private handOut(copy: EntryCopy, stream: Stream | undefined): void {
    const { entry, recipientIds } = copy;
    const { clock, metrics } = this.ports;
    const text = encoded(entry);
    const leavingId = leavingUser(entry);
    let direct: Iterable<UserId> = recipientIds;
    if (leavingId !== null) {
      direct = new Set(recipientIds).add(leavingId);
      this.ports.amendments.leave(entry.conversationId, leavingId);
      for (const connection of this.ports.roster.of(leavingId)) {
        this.ports.groups.leave(entry.conversationId, connection);
        this.ports.watch.leave(entry.conversationId, connection);
      }
    }
    let sockets = this.ports.groups.publish(entry.conversationId, text);
    for (const userId of direct) sockets += this.sendTo(userId, entry.conversationId, text);
    this.remember(entry, stream);
    metrics.handedOut({ sockets, sinceDecidedMs: Math.max(0, clock.nowMs() - entry.atMs) });
  }

  /** Sends to the connections of the user that the group's publish does not reach. Returns their number. */
  private sendTo(userId: UserId, conversationId: ConversationId, text: string): number {
    let sockets = 0;
    for (const connection of this.ports.roster.of(userId)) {
      if (this.ports.groups.includes(conversationId, connection)) continue;
      connection.sendText(text);
      sockets++;
    }
    return sockets;
  }

  private remember(entry: Entry, stream: Stream | undefined): void {
    const handedOutAtArrival = this.ports.roster.lastArrival;
    if (stream) {
      stream.lastSeq = entry.seq;
      stream.handedOutAtArrival = handedOutAtArrival;
      return;
    }
    this.streams.set(entry.conversationId, { lastSeq: entry.seq, handedOutAtArrival, held: null });
    if (this.streams.size <= streamsMax) return;
    for (const [conversationId, { held }] of this.streams) {
      if (held) continue;
      this.streams.delete(conversationId);
      return;
    }
  }

  /** Holds the conversation's entries back, fetches the missing ones once for all connections, and goes on in order. */
  private fillThenGoOn(copy: EntryCopy, stream: Stream, gap: { fromSeq: number; toSeq: number }): void {
    const held = [copy];
    stream.held = held;
    const goOn = async () => {
      try {
        await this.fill(copy, gap);
      } catch (error) {
        this.ports.reportFailure(error);
      }
      stream.held = null;
      // After a failure the gap stays: clients detect it by the numbers and fetch the entries themselves (contract 4).
      stream.lastSeq = gap.toSeq;
      for (const waiting of held) await this.deliver(waiting);
    };
    goOn().catch(this.ports.reportFailure);
  }

  private async fill({ entry, recipientIds }: EntryCopy, gap: { fromSeq: number; toSeq: number }): Promise<void> {
    const { conversationId } = entry;
    const missing = await this.range(conversationId, gap.fromSeq, gap.toSeq);
    const texts = missing.map((each) => ({ seq: each.seq, text: encoded(each) }));
    for (const userId of new Set([...recipientIds, ...this.ports.groups.users(conversationId)])) {
      const participant = await this.ports.conversations.participant(conversationId, userId);
      if (!participant) continue;
      const due = texts.filter(({ seq }) => covers(participant, seq));
      for (const connection of this.ports.roster.of(userId)) for (const { text } of due) connection.sendText(text);
    }
  }

  private range(conversationId: ConversationId, fromSeq: number, toSeq: number): Promise<Entry[]> {
    return this.ports.history.range({
      ...{ conversationId, fromSeq, toSeq, order: 'oldest_first' },
      limit: toSeq - fromSeq + 1,
      textBytes: limits.historyPageTextBytes,
    });
  }

  private async enterGroup(conversationId: ConversationId, memberIds: readonly UserId[]): Promise<void> {
    const entering = memberIds
      .flatMap((userId) => [...this.ports.roster.of(userId)])
      .filter((connection) => !this.ports.groups.includes(conversationId, connection))
      .map((connection) => this.ports.groups.enter(conversationId, connection));
    if (entering.length === 0) return;
    try {
      await Promise.all(entering);
    } catch (error) {
      // They still receive this copy, but have to reconnect for those that follow.
      this.ports.reportFailure(error);
      for (const userId of memberIds) {
        for (const connection of this.ports.roster.of(userId))
          connection.resync('this server could not follow a conversation');
      }
    }
  }
}

function encoded(entry: Entry): string {
  return JSON.stringify({ type: 'entry', entry } satisfies ServerFrame);
}
