import type { ConversationId, Entry } from '@parley/protocol';
import { aheadMaxMs } from '../../conversations/conversation.ts';
import {
  type Changes,
  type Decision,
  type Facts,
  type FactsNeeded,
  type HistoryRange,
  type HistoryStore,
  participantKey,
  repeatKey,
} from '../../history/history-port.ts';
import { firstLevel } from '../../platform/features.ts';
import type { ConversationData } from './conversation-data.ts';
import { kept } from './kept.ts';

/** The conversations' logs in memory. An `apply` is one step of the event loop, so none can interleave with another. */
export class MemoryHistoryStore implements HistoryStore {
  constructor(private readonly data: ConversationData) {}

  async apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result> {
    const { changes, result } = decide(this.facts(needed));
    this.refuseWhatCannotBe(changes);
    this.write(changes);
    return result;
  }

  async range({ conversationId, fromSeq, toSeq, order, limit, textBytes }: HistoryRange): Promise<Entry[]> {
    const headSeq = this.data.logs.get(conversationId)?.length ?? 0;
    const first = Math.max(fromSeq, 1);
    const last = Math.min(toSeq, headSeq);
    const entries: Entry[] = [];
    let bytes = 0;
    for (let index = 0; index < Math.min(limit, last - first + 1); index++) {
      const entry = this.data.entry(conversationId, order === 'oldest_first' ? first + index : last - index);
      if (!entry) throw new Error(`${conversationId} lacks an entry below its head`);
      bytes += entry.kind === 'message' ? Buffer.byteLength(entry.text) : 0;
      if (bytes > textBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return entries;
  }

  async messageCountAt(conversationId: ConversationId, seq: number): Promise<number> {
    if (seq === 0) return 0;
    const entry = this.data.entry(conversationId, seq);
    if (!entry) throw new Error(`conversation ${conversationId} has no entry ${seq}`);
    return entry.messageCount;
  }

  async settleActivity(_partition: number, { nowMs, asOfMs }: { nowMs: number; asOfMs: number }): Promise<number> {
    const ahead = [...this.data.heads.values()]
      .filter(({ id, lastEntryAtMs, headSeq }) => {
        return lastEntryAtMs > nowMs + aheadMaxMs && this.data.activityTimes.get(id)?.headSeq !== headSeq;
      })
      .sort((a, b) => b.lastEntryAtMs - a.lastEntryAtMs || (a.id < b.id ? 1 : -1));
    for (const [index, { id, headSeq }] of ahead.entries()) {
      this.data.activityTimes.set(id, { headSeq, atMs: asOfMs - 1 - index });
    }
    return ahead.length;
  }

  private facts(needed: FactsNeeded): Facts {
    const facts: Facts = {
      ...{ heads: new Map(), participants: new Map(), repeats: new Map(), decided: new Map() },
      ...{ epochs: new Map(), level: firstLevel },
    };
    for (const { partition } of needed.reaches) {
      const decided = this.data.decided.get(partition);
      if (decided) facts.decided.set(partition, decided);
    }
    for (const conversationId of needed.conversationIds) {
      const head = this.data.heads.get(conversationId);
      if (head) facts.heads.set(conversationId, head);
    }
    for (const { conversationId, userId } of needed.participants) {
      const participant = this.data.participant(conversationId, userId);
      if (participant) facts.participants.set(participantKey(conversationId, userId), participant);
    }
    for (const { conversationId, actorId, commandId } of needed.repeats) {
      const key = repeatKey(conversationId, actorId, commandId);
      const entry = this.data.entriesByCommand.get(key);
      if (entry) facts.repeats.set(key, entry);
    }
    return facts;
  }

  /** Before anything is written, so that either all is or nothing. */
  private refuseWhatCannotBe({ entries }: Changes): void {
    const commands = new Set<string>();
    const headSeqs = new Map<ConversationId, number>();
    for (const { entry, commandId } of entries) {
      const { conversationId, senderId, seq } = entry;
      const key = repeatKey(conversationId, senderId, commandId);
      if (commands.has(key) || this.data.entriesByCommand.has(key)) throw new Error(`${key} is an entry already`);
      commands.add(key);
      const headSeq = headSeqs.get(conversationId) ?? this.data.logs.get(conversationId)?.length ?? 0;
      if (seq !== headSeq + 1) throw new Error(`${conversationId} can't go on with ${seq} after ${headSeq}`);
      headSeqs.set(conversationId, seq);
    }
  }

  private write({ entries, heads, participants, reaches }: Changes): void {
    for (const { entry, commandId } of entries) {
      const stored = kept(entry);
      const { conversationId, senderId } = stored;
      valueAt(this.data.logs, conversationId, () => []).push(stored);
      this.data.entriesByCommand.set(repeatKey(conversationId, senderId, commandId), stored);
    }
    for (const { partition, logId, to } of reaches) this.data.decided.set(partition, { logId, to });
    for (const head of heads) this.data.heads.set(head.id, kept(head));
    for (const participant of participants) {
      const { conversationId, userId } = participant;
      valueAt(this.data.participants, conversationId, () => new Map()).set(userId, kept(participant));
    }
  }
}

function valueAt<Key, Value>(map: Map<Key, Value>, key: Key, initial: () => Value): Value {
  const present = map.get(key);
  if (present !== undefined) return present;
  const value = initial();
  map.set(key, value);
  return value;
}
