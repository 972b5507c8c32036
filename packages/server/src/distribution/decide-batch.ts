import type { ConversationId, Entry } from '@parley/protocol';
import type { Command, Outcome } from '../conversations/command.ts';
import { kindOf } from '../conversations/command-kinds.ts';
import { type ConversationHead, isMember, type Participant } from '../conversations/conversation.ts';
import { decide } from '../conversations/decide.ts';
import type { Step } from '../conversations/step.ts';
import type { FeedRecord } from '../feed/feed-port.ts';
import {
  type Changes,
  type Decision,
  type Facts,
  type LogReach,
  participantKey,
  repeatKey,
} from '../history/history-port.ts';
import { supportedLevel } from '../platform/features.ts';
import { type CommandRecord, HistoryRestored, LevelNotSupported } from './command-log-port.ts';
import type { BatchToDecide } from './facts-needed.ts';

/** The result of a batch, beside its changes. */
export interface BatchResult {
  /** One for each command, in the order of the commands. */
  outcomes: Outcome[];
  /** Entries to route, in order: new entries, and those of commands that came again (race 1). */
  entries: Entry[];
  /** The conversations of `entries`, as they are after the whole batch. */
  heads: Map<ConversationId, ConversationHead>;
  /**
   * Participants after the batch, by `participantKey`: those that it changed, and those that a command which came again
   * had changed earlier.
   */
  participants: Map<string, Participant>;
  /** Participants who left within the batch and joined again within it, as they left: they get the entries up to then. */
  endedParticipants: Participant[];
  /** Conversations that one of `entries` made broadcast. The index by user may not show this for their members yet. */
  madeBroadcast: Set<ConversationId>;
  epochs: Facts['epochs'];
  /** What the commands made, for the feed, by partition and in order; only of a log that outlives its processes. */
  fed: Map<number, FeedRecord[]>;
  /** The number of `entries` with a time before that of the previous entry, whose clock was ahead. */
  datedBack: number;
}

/** The outcome of a command that was decided before and made no entry then: it must not make one now. */
const decidedBefore: Outcome = {
  kind: 'refused',
  code: 'unavailable',
  detail: 'This request was decided before, but its outcome is not known: try again.',
};

/**
 * Decides the commands one after the other, each in the situation after those before it. A command whose position in
 * the log is already decided gets the entry that it made then, or none.
 *
 * @throws {LevelNotSupported} when the store has a higher feature level than this program supports: it may hold data
 * that this program does not know.
 * @throws {HistoryRestored} when the facts are older than the decided position of the log.
 */
export function decideBatch(facts: Facts, { records, reaches }: BatchToDecide, nowMs: number): Decision<BatchResult> {
  if (facts.level > supportedLevel()) throw new LevelNotSupported(facts.level);
  const decided = decidedPositions(facts, reaches);
  const batch = new Batch(facts, nowMs);
  for (const { command, at } of records) {
    batch.carryOut(command, at, at !== undefined && at.position < (decided.get(at.partition) ?? 0));
  }
  const ahead = reaches.filter(({ partition, to }) => to > (decided.get(partition) ?? -1));
  return { changes: { ...batch.changes(), reaches: ahead }, result: batch.result };
}

/** The decided position of each partition, if the history knows it for the same log. */
function decidedPositions(facts: Facts, reaches: readonly LogReach[]): Map<number, number> {
  const decided = new Map<number, number>();
  const putBack = new Map<number, number>();
  for (const { partition, logId, from } of reaches) {
    const known = facts.decided.get(partition);
    if (known?.logId !== logId) continue;
    decided.set(partition, known.to);
    if (from > known.to) putBack.set(partition, known.to);
  }
  if (putBack.size > 0) throw new HistoryRestored(putBack);
  return decided;
}

class Batch {
  readonly result: BatchResult;
  private readonly heads: Facts['heads'];
  private readonly participants: Facts['participants'];
  private readonly repeats: Facts['repeats'];
  private readonly written: Changes['entries'] = [];
  private readonly changedHeads = new Map<ConversationId, ConversationHead>();
  private readonly changedParticipants = new Map<string, Participant>();

  constructor(
    facts: Facts,
    private readonly nowMs: number,
  ) {
    // Copied, because a repeated transaction decides again from fresh facts.
    this.heads = new Map(facts.heads);
    this.participants = new Map(facts.participants);
    this.repeats = new Map(facts.repeats);
    this.result = {
      ...{ outcomes: [], entries: [], heads: new Map(), participants: new Map(), endedParticipants: [] },
      ...{ madeBroadcast: new Set(), epochs: facts.epochs, fed: new Map(), datedBack: 0 },
    };
  }

  carryOut(command: Command, at: CommandRecord['at'], wasDecided: boolean): void {
    const { conversationId } = command;
    const head = this.heads.get(conversationId);
    const key = repeatKey(conversationId, command.actorId, command.commandId);
    const verdict = decide(command, {
      head,
      participantOf: (userId) => this.participants.get(participantKey(conversationId, userId)),
      repeated: this.repeats.get(key),
      nowMs: this.nowMs,
    });
    if (wasDecided && verdict.kind === 'step') {
      this.result.outcomes.push(decidedBefore);
      return;
    }
    switch (verdict.kind) {
      case 'step':
        this.take(command, verdict.step);
        this.repeats.set(key, verdict.step.entry);
        this.feed(verdict.step.entry, at, wasDecided);
        this.result.outcomes.push({ kind: 'done', entry: verdict.step.entry });
        break;
      case 'repeat':
        this.routeAgain(command, verdict.entry);
        // A command that its sender repeated was fed before. One that came again from the log may not have been: the
        // distributor that decided it may have stopped in between.
        if (wasDecided) this.feed(verdict.entry, at, wasDecided);
        this.result.outcomes.push({ kind: 'done', entry: verdict.entry });
        break;
      case 'unchanged':
      case 'refused':
        this.result.outcomes.push(verdict);
    }
  }

  private take(command: Command, { entry, head, participants }: Step): void {
    this.written.push({ entry, commandId: command.commandId });
    if (entry.atMs < (this.heads.get(head.id)?.lastEntryAtMs ?? 0)) this.result.datedBack++;
    this.heads.set(head.id, head);
    this.changedHeads.set(head.id, head);
    for (const participant of participants) {
      const key = participantKey(participant.conversationId, participant.userId);
      const before = this.changedParticipants.get(key);
      if (before && !isMember(before)) this.result.endedParticipants.push(before);
      this.participants.set(key, participant);
      this.changedParticipants.set(key, participant);
      this.result.participants.set(key, participant);
    }
    this.route(entry, head);
  }

  private feed({ conversationId, seq, kind }: Entry, at: CommandRecord['at'], again: boolean): void {
    if (!at) return;
    const { partition, position } = at;
    const record: FeedRecord = { conversationId, seq, revision: 0, kind, position, again };
    const fed = this.result.fed.get(partition);
    if (fed) fed.push(record);
    else this.result.fed.set(partition, [record]);
  }

  private routeAgain(command: Command, entry: Entry): void {
    const head = this.heads.get(entry.conversationId);
    if (!head) throw new Error(`entry ${entry.seq} of ${entry.conversationId} has no conversation`);
    this.route(entry, head);
    if (entry.kind === 'message') return;
    for (const userId of kindOf(command).usersOf(command)) {
      const key = participantKey(entry.conversationId, userId);
      const participant = this.participants.get(key);
      if (participant) this.result.participants.set(key, participant);
    }
  }

  private route(entry: Entry, head: ConversationHead): void {
    this.result.entries.push(entry);
    this.result.heads.set(head.id, head);
    if (entry.seq === head.broadcastSeq) this.result.madeBroadcast.add(head.id);
  }

  changes(): Omit<Changes, 'reaches'> {
    return {
      entries: this.written,
      heads: [...this.changedHeads.values()],
      participants: [...this.changedParticipants.values()],
    };
  }
}
