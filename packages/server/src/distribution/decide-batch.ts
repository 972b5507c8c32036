import type { ConversationId, Entry, MessageEntry } from '@parley/protocol';
import type { AmendmentStep } from '../conversations/amendment.ts';
import type { Command, Outcome } from '../conversations/command.ts';
import { kindOf } from '../conversations/command-kinds.ts';
import { type BanChange, type ConversationHead, isMember, type Participant } from '../conversations/conversation.ts';
import { decide } from '../conversations/decide.ts';
import type { Step } from '../conversations/step.ts';
import type { Verdict } from '../conversations/verdict.ts';
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
import { BatchAmendments, type RoutedAmendment } from './batch-amendments.ts';
import { type CommandRecord, HistoryRestored, LevelNotSupported } from './command-log-port.ts';
import type { BatchToDecide } from './facts-needed.ts';

/** The result of a batch, beside its changes. */
export interface BatchResult {
  /** One for each command, in the order of the commands. */
  outcomes: Outcome[];
  /** Entries to route, in order: new entries, and those of commands that came again (race 1). */
  entries: Entry[];
  /** Amendments to route, in order, in the same way. A new one follows the entry that it changes. */
  amendments: RoutedAmendment[];
  /** The conversations of `entries` and `amendments`, as they are after the whole batch. */
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
  private readonly banned: Facts['banned'];
  private readonly repeats: Facts['repeats'];
  private readonly written: Changes['entries'] = [];
  private readonly amendments: BatchAmendments;
  private readonly changedHeads = new Map<ConversationId, ConversationHead>();
  private readonly changedParticipants = new Map<string, Participant>();
  private readonly banChanges = new Map<string, BanChange>();

  constructor(
    facts: Facts,
    private readonly nowMs: number,
  ) {
    // Copied, because a repeated transaction decides again from fresh facts.
    this.heads = new Map(facts.heads);
    this.participants = new Map(facts.participants);
    this.banned = new Set(facts.banned);
    this.repeats = new Map(facts.repeats);
    this.amendments = new BatchAmendments(facts.amendments, this.written);
    this.result = {
      ...{
        outcomes: [],
        entries: [],
        amendments: [],
        heads: new Map(),
        participants: new Map(),
        endedParticipants: [],
      },
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
      isBanned: (userId) => this.banned.has(participantKey(conversationId, userId)),
      repeated: this.repeats.get(key),
      amendments: this.amendments,
      nowMs: this.nowMs,
    });
    const known = wasDecided ? this.decidedEarlier(command, verdict, at) : null;
    if (known) {
      this.result.outcomes.push(known);
      return;
    }
    switch (verdict.kind) {
      case 'step':
        this.take(command, verdict.step);
        this.repeats.set(key, { entry: verdict.step.entry, firstTextHash: null });
        this.feed(verdict.step.entry, at, { revision: 0, again: wasDecided });
        this.result.outcomes.push({ kind: 'done', entry: verdict.step.entry });
        break;
      case 'repeat':
        this.routeAgain(command, verdict.entry);
        // A command that its sender repeated was fed before. One that came again from the log may not have been: the
        // distributor that decided it may have stopped in between.
        if (wasDecided) this.feed(verdict.entry, at, { revision: 0, again: true });
        this.result.outcomes.push({ kind: 'done', entry: verdict.entry });
        break;
      case 'amendment': {
        const { seq, revision } = this.amend(command, verdict.step);
        this.feed({ conversationId, seq, kind: command.kind }, at, { revision, again: false });
        this.result.outcomes.push({ kind: 'amended', seq, revision });
        break;
      }
      case 'amended_before':
        this.result.outcomes.push(this.amendedBefore(command, verdict, at, wasDecided));
        break;
      case 'unchanged':
      case 'refused':
        this.result.outcomes.push(verdict);
    }
  }

  private take(command: Command, { entry, head, participants, banChange }: Step): void {
    this.written.push({ entry, firstTextHash: null, commandId: command.commandId });
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
    if (banChange) this.changeBan(banChange);
    this.route(entry, head);
  }

  private changeBan(change: BanChange): void {
    const key = participantKey(change.conversationId, change.userId);
    if (change.ban) this.banned.add(key);
    else this.banned.delete(key);
    this.banChanges.set(key, change);
  }

  private amend(command: Command, step: AmendmentStep): { seq: number; revision: number } {
    const { head, message } = step;
    const { entry } = message;
    this.amendments.take(command, step);
    // A retry of the message later in the batch.
    this.repeats.set(repeatKey(head.id, entry.senderId, entry.clientMessageId), message);
    this.heads.set(head.id, head);
    this.changedHeads.set(head.id, head);
    this.routeAmendment(command, entry);
    return { seq: entry.seq, revision: head.revision };
  }

  /** A retry is routed again, as the server may have stopped before the first one was routed (race 1). */
  private amendedBefore(
    command: Command,
    { message, revision, isRetry }: Extract<Verdict, { kind: 'amended_before' }>,
    at: CommandRecord['at'],
    wasDecided: boolean,
  ): Outcome {
    if (isRetry || wasDecided) this.routeAmendment(command, message);
    if (wasDecided) this.feedAgain(command, message, at);
    return { kind: 'amended', seq: message.seq, revision };
  }

  /**
   * The outcome of a command that was decided before and that the present state does not show, so that deciding it now
   * would have another effect. A reaction leaves no record of its command, and what undid it may have followed: its
   * sender gets the message's present state. Null if the verdict is right.
   */
  private decidedEarlier(command: Command, verdict: Verdict, at: CommandRecord['at']): Outcome | null {
    const isNew = verdict.kind === 'step' || verdict.kind === 'amendment';
    if (command.kind !== 'react') return isNew ? decidedBefore : null;
    const wasDeleted = verdict.kind === 'refused' && verdict.code === 'message_deleted';
    const entry = this.amendments.message(command.conversationId, command.seq)?.entry;
    if (!(isNew || wasDeleted) || entry?.kind !== 'message') return null;
    this.routeAmendment(command, entry);
    this.feedAgain(command, entry, at);
    return { kind: 'amended', seq: entry.seq, revision: entry.revision ?? 0 };
  }

  private feedAgain({ conversationId, kind }: Command, { seq, revision }: MessageEntry, at: CommandRecord['at']): void {
    if (revision !== undefined) this.feed({ conversationId, seq, kind }, at, { revision, again: true });
  }

  private routeAmendment(command: Command, message: MessageEntry): void {
    const { kind, actorId } = command;
    const head = this.heads.get(command.conversationId);
    if (message.revision === undefined || !head) return;
    this.result.heads.set(head.id, head);
    if (kind === 'edit' || kind === 'delete' || kind === 'pin') {
      this.result.amendments.push({ message, actorId });
    } else if (kind === 'react') {
      const { emoji } = command;
      const set = this.amendments.hasReacted({ ...command, userId: actorId });
      this.result.amendments.push({ message, actorId, reaction: { emoji, set } });
    }
  }

  private feed(
    { conversationId, seq, kind }: Pick<FeedRecord, 'conversationId' | 'seq' | 'kind'>,
    at: CommandRecord['at'],
    { revision, again }: Pick<FeedRecord, 'revision' | 'again'>,
  ): void {
    if (!at) return;
    const { partition, position } = at;
    const record: FeedRecord = { conversationId, seq, revision, kind, position, again };
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
      banChanges: [...this.banChanges.values()],
      ...this.amendments.changes(),
    };
  }
}
