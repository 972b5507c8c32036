import { conversationKey } from './wire.ts';

/** A conversation and the people in it, by their indexes. */
export interface PlannedConversation {
  id: string;
  members: number[];
  /** Those who send, in turn; all members if absent. */
  senders?: number[];
  /** The number of the last entry before the benchmark. */
  headSeq: number;
}

export function sendersOf({ senders, members }: PlannedConversation): number[] {
  return senders ?? members;
}

/** The state of a person in a conversation. */
interface Slot {
  conversation: number;
  /** The number of the last entry that arrived. */
  lastSeq: number;
  /** The person reconnected, and lacks the entries that arrived meanwhile. */
  hasGap: boolean;
}

const [unknown, sent, acknowledged, rejected] = [0, 1, 2, 3];
const faultsShown = 10;

/** The counts of a phase in one client process, and the faults. Arrays are by conversation. */
export interface TallyReport {
  sent: number;
  acknowledged: number;
  refused: number;
  entries: number;
  faults: string[];
  faultCount: number;
  acknowledgedIn: number[];
  /** The lowest and the highest last number that a connection has; null without connections. */
  lastSeqs: ([number, number] | null)[];
}

/**
 * Checks what one client process receives: each connection gets the entries of each of its conversations in order,
 * without a gap and once; a message has the same number in its ack and in all its entries.
 */
export class Tally {
  private readonly conversationAt = new Map<number, number>();
  private readonly slotsOf = new Map<number, Slot[]>();
  private states = new Uint8Array(0);
  private seqs = new Uint32Array(0);
  private phase = 0;
  private counts = { sent: 0, acknowledged: 0, refused: 0, entries: 0 };
  private acknowledgedIn: number[] = [];
  private faults: string[] = [];
  private faultCount = 0;

  constructor(
    private readonly conversations: readonly PlannedConversation[],
    owns: (person: number) => boolean,
  ) {
    for (const [index, { id, members, headSeq }] of conversations.entries()) {
      this.conversationAt.set(conversationKey(id), index);
      for (const member of members.filter(owns)) {
        const slots = this.slotsOf.get(member) ?? [];
        slots.push({ conversation: index, lastSeq: headSeq, hasGap: false });
        this.slotsOf.set(member, slots);
      }
    }
  }

  /** Begins a phase of at most this many messages. */
  begin(phase: number, messages: number): void {
    this.phase = phase;
    this.states = new Uint8Array(messages);
    this.seqs = new Uint32Array(messages);
    this.counts = { sent: 0, acknowledged: 0, refused: 0, entries: 0 };
    this.acknowledgedIn = new Array(this.conversations.length).fill(0);
  }

  get unanswered(): number {
    return this.counts.sent - this.counts.acknowledged - this.counts.refused;
  }

  get acknowledged(): number {
    return this.counts.acknowledged;
  }

  send(number: number): void {
    this.states[number] = sent;
    this.counts.sent++;
  }

  ack(phase: number, number: number, seq: number, conversation: number): boolean {
    if (phase !== this.phase || this.states[number] !== sent) {
      this.fault(`message ${number} was acknowledged ${this.states[number] === unknown ? 'unsent' : 'twice'}`);
      return false;
    }
    this.states[number] = acknowledged;
    this.counts.acknowledged++;
    this.acknowledgedIn[conversation] = (this.acknowledgedIn[conversation] ?? 0) + 1;
    this.checkSeq(number, seq);
    return true;
  }

  refuse(number: number): void {
    if (this.states[number] === sent) {
      this.states[number] = rejected;
      this.counts.refused++;
    } else this.fault(`message ${number} was refused, but not sent`);
  }

  /** Checks an entry that a connection received. `number` is null for one that no message of this phase made. */
  entry(connection: number, conversationKey: number, seq: number, number: number | null): void {
    const conversation = this.conversationAt.get(conversationKey);
    const slot = this.slotOf(connection, conversation);
    if (!slot) {
      this.fault(`person ${connection} received entry ${seq} of a conversation of others`);
      return;
    }
    if (slot.hasGap ? seq <= slot.lastSeq : seq !== slot.lastSeq + 1) {
      this.fault(`person ${connection} received entry ${seq} of conversation ${conversation} after ${slot.lastSeq}`);
    }
    slot.lastSeq = seq;
    this.counts.entries++;
    if (number !== null) this.checkSeq(number, seq);
  }

  /** The number of the last entry that a person received in a conversation. */
  lastSeq(person: number, conversationId: string): number {
    return this.slotOf(person, this.conversationAt.get(conversationKey(conversationId)))?.lastSeq ?? 0;
  }

  /** A person reconnects: the numbers may have a gap from now on, but still rise. */
  forget(person: number): void {
    for (const slot of this.slotsOf.get(person) ?? []) slot.hasGap = true;
  }

  fault(text: string): void {
    this.faultCount++;
    if (this.faults.length < faultsShown) this.faults.push(text);
  }

  report(): TallyReport {
    const lastSeqs: TallyReport['lastSeqs'] = this.conversations.map(() => null);
    for (const slots of this.slotsOf.values()) {
      for (const { conversation, lastSeq, hasGap } of slots) {
        if (hasGap) continue;
        const [low, high] = lastSeqs[conversation] ?? [lastSeq, lastSeq];
        lastSeqs[conversation] = [Math.min(low, lastSeq), Math.max(high, lastSeq)];
      }
    }
    const { faults, faultCount, acknowledgedIn } = this;
    return { ...this.counts, faults, faultCount, acknowledgedIn, lastSeqs };
  }

  private slotOf(connection: number, conversation: number | undefined): Slot | undefined {
    const slots = this.slotsOf.get(connection) ?? [];
    // Usually there is one.
    for (const slot of slots) if (slot.conversation === conversation) return slot;
    return undefined;
  }

  private checkSeq(number: number, seq: number): void {
    const known = this.seqs[number];
    if (known === 0) this.seqs[number] = seq;
    else if (known !== seq) this.fault(`message ${number} has the numbers ${known} and ${seq}`);
  }
}
