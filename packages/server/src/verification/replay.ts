import { type Entry, effectOf, HistoryVisibility, type UserId } from '@parley/protocol';
import {
  type Ban,
  type ConversationHead,
  isBroadcast,
  isMember,
  type Participant,
} from '../conversations/conversation.ts';
import { directProperties } from '../conversations/kinds/open-direct.ts';
import { applied, created, entryAfter, type ParticipantChanges, type Step } from '../conversations/step.ts';
import { ReplayedBans } from './replayed-bans.ts';

/** The maximum number of sentences about one conversation. */
const faultsMax = 20;

/**
 * A conversation rebuilt from its entries. Head, participants and bans are computed by the rules that wrote them and
 * compared with the stored rows, field by field. Holds the participants and bans of one conversation and no entries.
 */
export class Replay {
  private readonly faults: string[] = [];
  private readonly participants = new Map<UserId, Participant>();
  private readonly bans = new ReplayedBans();
  private head: ConversationHead | null = null;
  /** The numbers of the entries that are no messages. */
  private readonly notices = new Set([1]);
  /** False after an entry whose effect is not known. */
  private isComplete = true;

  constructor(private readonly stored: ConversationHead) {}

  /** Adds the next entry, in the order of numbers; null for one that cannot be read. */
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

  /** The faults of the conversation, each as the end of a sentence that begins with the conversation. */
  end(participants: readonly Participant[], bans: readonly Ban[]): string[] {
    if (!this.head) this.note('contract 3: has no entry');
    else if (this.isComplete) {
      this.compareHead(this.head);
      this.compareRows('participant', participants, this.participants);
      this.compareRows('ban', bans, this.bans.byUser);
    }
    const more = this.faults.length - faultsMax;
    return more > 0 ? [...this.faults.slice(0, faultsMax), `and ${more} more faults`] : this.faults;
  }

  private note(fault: string): void {
    this.faults.push(fault);
  }

  private begin(entry: Entry): void {
    const { history, description, announceOnly } = this.stored;
    const { conversationId, senderId: actorId, atMs } = entry;
    if (entry.kind !== 'created') {
      this.isComplete = false;
      this.note(
        `contract 3: begins with an entry of kind ${entry.kind} instead of the one that creates the conversation`,
      );
      this.head = { ...this.stored, headSeq: entry.seq, messageCount: entry.messageCount, lastEntryAtMs: atMs };
      return;
    }
    const { conversationKind, name, userIds } = entry;
    const isDirect = conversationKind === 'direct';
    if (isDirect && new Set([actorId, ...userIds]).size !== 2) this.mismatch(entry, 'does not have two users');
    // No entry has the initial description, announce-only setting and history; entries have only later changes.
    const properties = isDirect ? directProperties : { name: name ?? '', description, announceOnly, history };
    const step = created({ conversationId, conversationKind, actorId, userIds, ...properties }, atMs);
    this.take(step, entry);
  }

  private advance(head: ConversationHead, entry: Entry): void {
    const { senderId, atMs } = entry;
    this.compareReply(entry);
    if (entry.kind !== 'joined' && !isMember(this.participants.get(senderId)))
      this.mismatch(entry, `is by ${senderId}, who was not a member`);
    this.take(applied(head, entryAfter(head, senderId, atMs, entry), this.changesBy(entry)), entry);
  }

  private compareReply(entry: Entry): void {
    if (entry.kind !== 'message') this.notices.add(entry.seq);
    else if (entry.replyTo !== undefined) {
      const { replyTo, seq } = entry;
      if (replyTo >= 1 && replyTo < seq && !this.notices.has(replyTo)) return;
      this.mismatch(entry, `replies to entry ${replyTo}, which is no message before it`);
    }
  }

  /** The changes among the participants that are valid; invalid ones are noted as faults. */
  private changesBy(entry: Entry): ParticipantChanges {
    const effect = effectOf(entry);
    if (!effect) this.isComplete = false;
    if (entry.kind === 'created') {
      this.mismatch(entry, 'creates the conversation again');
      return {};
    }
    const { joins = [], leaves, role, bans } = effect ?? {};
    for (const userId of joins) {
      if (isMember(this.participants.get(userId))) this.mismatch(entry, `adds ${userId}, who was a member`);
      if (this.bans.byUser.has(userId)) this.mismatch(entry, `adds ${userId}, who was banned`);
    }
    if (bans !== undefined && leaves === undefined && isMember(this.participants.get(bans))) {
      this.mismatch(entry, `bans ${bans}, who was a member, without ending the membership`);
    }
    const leave = this.memberOf(leaves, entry, (userId) => `ends the membership of ${userId}`);
    const of = this.memberOf(role?.userId, entry, (userId) => `gives a role to ${userId}`);
    return { join: joins, ...(leave && { leave }), ...(of && role && { role: { of, role: role.role } }) };
  }

  private memberOf(
    userId: UserId | undefined,
    entry: Entry,
    what: (userId: UserId) => string,
  ): Participant | undefined {
    if (userId === undefined) return undefined;
    const participant = this.participants.get(userId);
    if (isMember(participant)) return participant;
    this.mismatch(entry, `${what(userId)}, who was not a member`);
    return undefined;
  }

  /** Continues from the stored entry, so that one fault is not reported again for every later entry. */
  private take({ entry, head, participants, banChange }: Step, stored: Entry): void {
    if (entry.messageCount !== stored.messageCount) {
      this.mismatch(stored, `counts ${stored.messageCount} messages up to it, but there are ${entry.messageCount}`);
    }
    if (entry.atMs !== stored.atMs) {
      this.mismatch(
        stored,
        `has the time ${stored.atMs}, before that of the previous entry, whose time ${entry.atMs} was not far ahead`,
      );
    }
    for (const participant of participants) this.participants.set(participant.userId, participant);
    const fault = banChange && this.bans.take(banChange);
    if (fault) this.mismatch(stored, fault);
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
    // An upgrade from a version without this number set it to the newest entry at that time.
    const isLater = isBroadcast(head) && stored.broadcastSeq > head.broadcastSeq && stored.broadcastSeq <= head.headSeq;
    const { revision, amendedAtMs } = stored;
    // `amendmentFaults` compares these two.
    const expected = { ...head, revision, amendedAtMs, ...(isLater && { broadcastSeq: stored.broadcastSeq }) };
    for (const difference of differences(stored, expected)) {
      this.note(`contract 3: its row has ${difference.stored}, but its entries make it ${difference.expected}`);
    }
  }

  private compareRows<Row extends { userId: UserId }>(
    kind: 'participant' | 'ban',
    rows: readonly Row[],
    expectedRows: ReadonlyMap<UserId, Row>,
  ): void {
    const missing = new Map(expectedRows);
    for (const stored of rows) {
      const expected = missing.get(stored.userId);
      missing.delete(stored.userId);
      if (!expected) {
        this.note(`contract 8: has a row of ${kind} ${stored.userId}, which no entry made`);
        continue;
      }
      for (const difference of differences(stored, expected)) {
        this.note(
          `contract 8: ${kind} ${stored.userId} has ${difference.stored}, but the entries make it ${difference.expected}`,
        );
      }
    }
    for (const userId of missing.keys()) {
      this.note(`contract 8: lacks the row of ${kind} ${userId}, which its entries made`);
    }
  }
}

/** Compares all fields by name, so that new fields are included. */
function differences<Subject extends object>(stored: Subject, expected: Subject) {
  return Object.entries(expected).flatMap(([name, value]) => {
    const found: unknown = stored[name as keyof Subject];
    return found === value ? [] : [{ stored: `${name} ${JSON.stringify(found)}`, expected: JSON.stringify(value) }];
  });
}
