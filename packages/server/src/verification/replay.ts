import { type Entry, HistoryVisibility, type UserId } from '@parley/protocol';
import type { Command } from '../conversations/command.ts';
import { type ConversationHead, isBroadcast, isMember, type Participant } from '../conversations/conversation.ts';
import { after, created, type Step } from '../conversations/step.ts';

type Noticed<Kind extends Entry['kind']> = Extract<Entry, { kind: Kind }>;

/** Sentences about one conversation; more of them say nothing new. */
const faultsMax = 20;

/**
 * A conversation as its entries make it. Head and participants follow from the entries by the rules that wrote them;
 * what is stored is compared with that, field by field. Holds the participants of one conversation, and no entry.
 */
export class Replay {
  private readonly faults: string[] = [];
  private readonly participants = new Map<UserId, Participant>();
  private head: ConversationHead | null = null;
  /** False from an entry on whose effect is not known. */
  private isComplete = true;

  constructor(private readonly stored: ConversationHead) {}

  /** Takes the next entry, in the order of their numbers; null for one that can't be read. */
  add(seq: number, entry: Entry | null): void {
    const expectedSeq = (this.head?.headSeq ?? 0) + 1;
    if (seq !== expectedSeq) {
      const missing = seq === expectedSeq + 1 ? `entry ${expectedSeq}` : `the entries ${expectedSeq} to ${seq - 1}`;
      this.note(`contract 3: lacks ${missing}`);
    }
    if (!entry) {
      this.note(`contract 3: has an entry ${seq} whose content can't be read`);
      this.isComplete = false;
    } else if (!this.head) {
      this.begin(entry);
    } else {
      this.head = { ...this.head, headSeq: seq - 1 };
      this.advance(this.head, entry);
    }
  }

  /** What is wrong with the conversation, each as the end of a sentence that begins with it. */
  end(participants: readonly Participant[]): string[] {
    if (!this.head) this.note('contract 3: has no entry');
    else if (this.isComplete) {
      this.compareHead(this.head);
      this.compareParticipants(participants);
    }
    const more = this.faults.length - faultsMax;
    return more > 0 ? [...this.faults.slice(0, faultsMax), `and ${more} faults more in it`] : this.faults;
  }

  private note(fault: string): void {
    this.faults.push(fault);
  }

  private begin(entry: Entry): void {
    const { history, description, announceOnly } = this.stored;
    const { conversationId, senderId: actorId, atMs } = entry;
    const fields = { conversationId, actorId, commandId: '' };
    if (entry.kind !== 'created') {
      this.isComplete = false;
      this.note(`contract 3: begins with an entry of kind ${entry.kind} instead of the one that made it`);
      this.head = { ...this.stored, headSeq: entry.seq, messageCount: entry.messageCount, lastEntryAtMs: atMs };
      return;
    }
    const { conversationKind, name, userIds } = entry;
    const partnerId = userIds.find((userId) => userId !== actorId) ?? '';
    const step = created(
      conversationKind === 'direct'
        ? { ...fields, kind: 'open_direct', partnerId }
        : // What it began with is in no entry; what it was changed to is.
          {
            ...fields,
            kind: 'create',
            conversationKind,
            name: name ?? '',
            description,
            announceOnly,
            history,
            userIds,
          },
      atMs,
    );
    this.take(step, entry);
  }

  private advance(head: ConversationHead, entry: Entry): void {
    const { kind, conversationId, senderId, atMs } = entry;
    const changes = this.changesOf(entry);
    const command: Command = { kind: 'join', conversationId, actorId: senderId, commandId: '' };
    if (kind !== 'joined' && !isMember(this.participants.get(senderId)))
      this.mismatch(entry, `is by ${senderId}, who was no member`);
    this.take(after(head, command, atMs, entry, changes), entry);
  }

  private changesOf(entry: Entry): Parameters<typeof after>[4] {
    switch (entry.kind) {
      case 'joined':
        return { join: this.joining(entry, [entry.senderId]) };
      case 'added':
        return { join: this.joining(entry, entry.userIds) };
      case 'left':
        return this.leaving(entry, entry.senderId);
      case 'removed':
        return this.leaving(entry, entry.userId);
      case 'role':
        return this.roleChange(entry);
      case 'message':
      case 'updated':
        return {};
      case 'created':
        this.mismatch(entry, 'makes the conversation again');
        return {};
      default:
        this.isComplete = false;
        return {};
    }
  }

  private joining(entry: Entry, userIds: UserId[]): UserId[] {
    for (const userId of userIds) {
      if (isMember(this.participants.get(userId))) this.mismatch(entry, `adds ${userId}, who was a member`);
    }
    return userIds;
  }

  private leaving(entry: Entry, userId: UserId): { leave?: Participant } {
    const leave = this.participants.get(userId);
    if (isMember(leave)) return { leave };
    this.mismatch(entry, `ends the membership of ${userId}, who was no member`);
    return {};
  }

  private roleChange(entry: Noticed<'role'>): { role?: { of: Participant; role: Participant['role'] } } {
    const of = this.participants.get(entry.userId);
    if (isMember(of)) return { role: { of, role: entry.role } };
    this.mismatch(entry, `gives a role to ${entry.userId}, who was no member`);
    return {};
  }

  /** Goes on from the entry as it is stored, so that one fault isn't told again for every entry after it. */
  private take({ entry, head, participants }: Step, stored: Entry): void {
    if (entry.messageCount !== stored.messageCount) {
      this.mismatch(stored, `counts ${stored.messageCount} messages up to it, there are ${entry.messageCount}`);
    }
    if (entry.atMs !== stored.atMs) {
      this.mismatch(
        stored,
        `is of ${stored.atMs}, older than the one before, whose time ${entry.atMs} was not far ahead`,
      );
    }
    for (const participant of participants) this.participants.set(participant.userId, participant);
    this.head = { ...head, messageCount: stored.messageCount, lastEntryAtMs: stored.atMs };
  }

  private mismatch({ seq }: Entry, what: string): void {
    this.note(`contract 3: entry ${seq} ${what}`);
  }

  private compareHead(head: ConversationHead): void {
    const { stored } = this;
    if (!HistoryVisibility.options.includes(stored.history)) {
      this.note(
        `contract 8: its row has history ${JSON.stringify(stored.history)}, which is none of ${HistoryVisibility.options}`,
      );
    }
    // A version without the number took the newest entry at its upgrade for it.
    const isLater = isBroadcast(head) && stored.broadcastSeq > head.broadcastSeq && stored.broadcastSeq <= head.headSeq;
    const expected = isLater ? { ...head, broadcastSeq: stored.broadcastSeq } : head;
    for (const difference of differences(stored, expected)) {
      this.note(`contract 3: its row has ${difference.stored}, but its entries make it ${difference.expected}`);
    }
  }

  private compareParticipants(participants: readonly Participant[]): void {
    const missing = new Map(this.participants);
    for (const stored of participants) {
      const expected = missing.get(stored.userId);
      missing.delete(stored.userId);
      if (!expected) {
        this.note(`contract 8: has participant ${stored.userId}, whom none of its entries made one`);
        continue;
      }
      for (const difference of differences(stored, expected)) {
        this.note(
          `contract 8: participant ${stored.userId} has ${difference.stored}, but the entries make it ${difference.expected}`,
        );
      }
    }
    for (const userId of missing.keys()) {
      this.note(`contract 8: lacks participant ${userId}, whom its entries made one`);
    }
  }
}

/** By the names of the fields, whichever there are: a new one is compared too. */
function differences<Subject extends object>(stored: Subject, expected: Subject) {
  return Object.entries(expected).flatMap(([name, value]) => {
    const found: unknown = stored[name as keyof Subject];
    return found === value ? [] : [{ stored: `${name} ${JSON.stringify(found)}`, expected: JSON.stringify(value) }];
  });
}
