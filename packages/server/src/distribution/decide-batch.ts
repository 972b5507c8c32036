import type { ConversationId, Entry } from '@parley/protocol';
import { type ConversationHead, isMember, type Participant } from '../conversations/conversation.ts';
import { type Changes, type Decision, type Facts, participantKey, repeatKey } from '../history/history-port.ts';
import type { Command, Outcome } from './command.ts';
import { decide } from './decide.ts';
import { usersOf } from './facts-needed.ts';
import type { Step } from './step.ts';

/** What a batch came to, beside what is written. */
export interface BatchResult {
  /** One for each command, in their order. */
  outcomes: Outcome[];
  /** Entries to route, in their order: new ones, and those whose command came again (race 1). */
  entries: Entry[];
  /** The conversations of `entries`, as they are after the whole batch. */
  heads: Map<ConversationId, ConversationHead>;
  /** Places as the batch left them, by `participantKey`: those that it changed or that repeated commands once did. */
  places: Map<string, Participant>;
  /** Places that ended within the batch and were taken again within it: entries up to then are theirs. */
  endedPlaces: Participant[];
  /** Conversations that were made broadcast by one of `entries`. Their members may not be indexed as such yet. */
  madeBroadcast: Set<ConversationId>;
}

/** Decides commands one after the other, each in the situation that those before it left. */
export function decideBatch(facts: Facts, commands: readonly Command[], nowMs: number): Decision<BatchResult> {
  const batch = new Batch(facts, nowMs);
  for (const command of commands) batch.carryOut(command);
  return { changes: batch.changes(), result: batch.result };
}

class Batch {
  readonly result: BatchResult = {
    outcomes: [],
    entries: [],
    heads: new Map(),
    places: new Map(),
    endedPlaces: [],
    madeBroadcast: new Set(),
  };
  private readonly heads: Facts['heads'];
  private readonly participants: Facts['participants'];
  private readonly repeats: Facts['repeats'];
  private readonly written: Changes['entries'] = [];
  private readonly changedHeads = new Map<ConversationId, ConversationHead>();
  private readonly changedPlaces = new Map<string, Participant>();

  constructor(
    facts: Facts,
    private readonly nowMs: number,
  ) {
    // Copies: a transaction that is repeated decides again from fresh facts.
    this.heads = new Map(facts.heads);
    this.participants = new Map(facts.participants);
    this.repeats = new Map(facts.repeats);
  }

  carryOut(command: Command): void {
    const { conversationId } = command;
    const head = this.heads.get(conversationId);
    const key = repeatKey(conversationId, command.actorId, command.commandId);
    const verdict = decide(command, {
      head,
      participantOf: (userId) => this.participants.get(participantKey(conversationId, userId)),
      repeated: this.repeats.get(key),
      nowMs: this.nowMs,
    });
    switch (verdict.kind) {
      case 'step':
        this.take(command, verdict.step);
        this.repeats.set(key, verdict.step.entry);
        this.result.outcomes.push({ kind: 'done', entry: verdict.step.entry });
        break;
      case 'repeat':
        this.routeAgain(command, verdict.entry);
        this.result.outcomes.push({ kind: 'done', entry: verdict.entry });
        break;
      case 'unchanged':
      case 'refused':
        this.result.outcomes.push(verdict);
    }
  }

  private take(command: Command, { entry, head, participants }: Step): void {
    this.written.push({ entry, commandId: command.commandId });
    this.heads.set(head.id, head);
    this.changedHeads.set(head.id, head);
    for (const place of participants) {
      const key = participantKey(place.conversationId, place.userId);
      const before = this.changedPlaces.get(key);
      if (before && !isMember(before)) this.result.endedPlaces.push(before);
      this.participants.set(key, place);
      this.changedPlaces.set(key, place);
      this.result.places.set(key, place);
    }
    this.route(entry, head);
  }

  private routeAgain(command: Command, entry: Entry): void {
    const head = this.heads.get(entry.conversationId);
    if (!head) throw new Error(`entry ${entry.seq} of ${entry.conversationId} has no conversation`);
    this.route(entry, head);
    if (entry.kind === 'message') return;
    for (const userId of usersOf(command)) {
      const key = participantKey(entry.conversationId, userId);
      const place = this.participants.get(key);
      if (place) this.result.places.set(key, place);
    }
  }

  private route(entry: Entry, head: ConversationHead): void {
    this.result.entries.push(entry);
    this.result.heads.set(head.id, head);
    if (entry.seq === head.broadcastSeq) this.result.madeBroadcast.add(head.id);
  }

  changes(): Changes {
    return {
      entries: this.written,
      heads: [...this.changedHeads.values()],
      participants: [...this.changedPlaces.values()],
    };
  }
}
