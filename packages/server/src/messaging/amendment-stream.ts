import { limits, type MessageEntry } from '@parley/protocol';

/**
 * The amendments of a conversation after one revision and up to another: the state of each message that they changed,
 * by ascending revision. A message that one of them changed may be missing if it was changed again after `revision`.
 */
export interface AmendmentRange {
  after: number;
  revision: number;
  messages: readonly MessageEntry[];
}

/** The result of asking for the next range. */
export type NextRange =
  | { kind: 'range'; range: AmendmentRange }
  /** These many amendments after the revision have to be read from the history: copies of them did not arrive. */
  | { kind: 'missing'; after: number; count: number }
  | { kind: 'nothing' };

/** The number of messages that wait. Beyond it they are dropped, and read from the history later. */
export const waitingMax = 500;
/** The number of messages and the bytes of text in one range; one message may exceed the latter. */
export const rangeMessagesMax = 100;
export const rangeTextBytes = limits.frameBytes;

interface Waiting {
  message: MessageEntry;
  revision: number;
}

/**
 * Puts the amendments of one conversation in the order of their revisions, each once (race 4), and joins those that
 * wait to ranges. Pure.
 */
export class AmendmentStream {
  /** The states of the messages that the amendments up to `joinedTo` changed, by number, in the order of revisions. */
  private readonly joined = new Map<number, Waiting>();
  private joinedTo: number;
  /** Amendments after a gap, by revision. */
  private readonly early = new Map<number, MessageEntry>();
  /** The highest revision that arrived. */
  private highest: number;

  /** @param sent the revision up to which everything was sent. */
  constructor(private sent: number) {
    this.joinedTo = sent;
    this.highest = sent;
  }

  /** Returns false for an amendment that was sent before: it was routed again, or a range contained it. */
  take(message: MessageEntry, revision: number): boolean {
    if (revision <= this.sent) return false;
    this.highest = Math.max(this.highest, revision);
    if (revision === this.joinedTo + 1) this.join(message, revision);
    else if (revision > this.joinedTo) this.early.set(revision, message);
    if (this.joined.size + this.early.size > waitingMax) {
      this.joined.clear();
      this.early.clear();
      this.joinedTo = this.sent;
    }
    return true;
  }

  next(): NextRange {
    if (this.highest <= this.sent) return { kind: 'nothing' };
    const after = this.sent;
    if (this.joinedTo === after) return { kind: 'missing', after, count: this.firstEarly() - after - 1 };
    const messages: MessageEntry[] = [];
    let textBytes = 0;
    let upTo = after;
    for (const { message, revision } of this.joined.values()) {
      const size = Buffer.byteLength(message.text);
      const isFull = messages.length >= rangeMessagesMax || textBytes + size > rangeTextBytes;
      if (messages.length > 0 && isFull) return { kind: 'range', range: { after, revision: upTo, messages } };
      messages.push(message);
      textBytes += size;
      upTo = revision;
    }
    return { kind: 'range', range: { after, revision: this.joinedTo, messages } };
  }

  /** Everything up to `revision` was sent, or is left to the clients, which ask for what they lack. */
  sentUpTo(revision: number): void {
    this.sent = Math.max(this.sent, revision);
    this.highest = Math.max(this.highest, this.sent);
    for (const [seq, waiting] of this.joined) if (waiting.revision <= this.sent) this.joined.delete(seq);
    for (const early of this.early.keys()) if (early <= this.sent) this.early.delete(early);
    this.joinedTo = Math.max(this.joinedTo, this.sent);
    this.joinEarly();
  }

  /** Leaves the revisions before the first one that waits to the clients. */
  skipMissing(): void {
    this.sentUpTo(this.firstEarly() - 1);
  }

  private join(message: MessageEntry, revision: number): void {
    // Deleted first, so that the order is that of the revisions.
    this.joined.delete(message.seq);
    this.joined.set(message.seq, { message, revision });
    this.joinedTo = revision;
    this.joinEarly();
  }

  private joinEarly(): void {
    const next = this.early.get(this.joinedTo + 1);
    if (!next) return;
    this.early.delete(this.joinedTo + 1);
    this.join(next, this.joinedTo + 1);
  }

  private firstEarly(): number {
    return Math.min(this.highest + 1, ...this.early.keys());
  }
}
