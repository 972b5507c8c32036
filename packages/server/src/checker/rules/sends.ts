import type { ErrorCode, MessageEntry } from '@parley/protocol';
import type { Report } from '../finding.ts';
import { fingerprint } from '../fingerprints.ts';
import type { EntryOrder, Known } from './entry-order.ts';

/** Errors after which the request may have had an effect. */
const uncertain: readonly ErrorCode[] = ['unavailable', 'internal'];
/** Errors that have to carry a time to retry (contract 7). */
const retried: readonly ErrorCode[] = ['overloaded', 'rate_limited', 'unavailable'];

/** Bounds the memory of a recording with many violations. */
const twoTextsMax = 100;

/** A message by the id that its sender gave it, with all attempts to send it. */
interface Sent {
  text: number;
  sendLine: number;
  /** The first attempt with another text. */
  other: { text: number; line: number } | null;
  /** Attempts that may have had an effect. */
  possible: number;
  refusedLine: number;
  /** The highest number that was acknowledged before the first attempt. */
  floor: Known;
  /** Its number, and the line that shows it; 0 while it is not known. */
  seq: number;
  line: number;
  ackedText: number;
  ackLine: number;
}

/** What was sent is stored once, under one number, and nothing else is (contract 1, 2, 3 and 7). */
export class Sends {
  private readonly sent = new Map<string, Sent>();
  /** Messages of which two texts were acknowledged. That is right if the message was deleted before the second. */
  private twoTexts: { seq: number; what: string; lines: number[] }[] = [];

  constructor(
    private readonly report: Report,
    /** Whether the recording has the user's clients. */
    private readonly isRecorded: (userId: string) => boolean,
  ) {}

  send(
    senderId: string,
    { clientMessageId, text }: { clientMessageId: string; text: string },
    line: number,
    floor: Known,
  ) {
    const key = `${senderId} ${clientMessageId}`;
    const print = fingerprint(text);
    const sent = this.sent.get(key);
    if (!sent) {
      this.sent.set(key, {
        ...{ text: print, sendLine: line, other: null, possible: 1, refusedLine: 0, floor },
        ...{ seq: 0, line: 0, ackedText: 0, ackLine: 0 },
      });
      return;
    }
    sent.possible++;
    if (print !== sent.text) sent.other ??= { text: print, line };
  }

  acknowledge(key: string, text: string, { seq, line }: Known, order: EntryOrder): void {
    const sent = this.sent.get(key);
    if (!sent) return;
    if (sent.ackLine !== 0 && sent.seq !== seq) {
      const what = `message ${key.split(' ')[1]} was acknowledged as ${sent.seq} and as ${seq}`;
      this.report('acknowledged-twice', what, [sent.sendLine, sent.ackLine, line]);
      return;
    }
    const print = fingerprint(text);
    if (sent.ackedText !== 0 && sent.ackedText !== print && this.twoTexts.length < twoTextsMax) {
      const what = `two texts were acknowledged for message ${key.split(' ')[1]}`;
      this.twoTexts.push({ seq, what, lines: [sent.sendLine, sent.other?.line ?? 0, sent.ackLine, line] });
    }
    if (sent.ackLine === 0) Object.assign(sent, { ackedText: print, ackLine: line });
    this.place(key, sent, { seq, line }, order);
  }

  refuse(key: string, { code, retryAfterMs }: { code: ErrorCode; retryAfterMs?: number | undefined }, line: number) {
    const sent = this.sent.get(key);
    if (!sent) return;
    sent.refusedLine = line;
    if (!uncertain.includes(code)) sent.possible--;
    if (retried.includes(code)) requireRetryTime(this.report, code, retryAfterMs, line);
    if (code === 'client_message_id_reused' && sent.other === null) {
      const what = `a retry of message ${key.split(' ')[1]} was refused, although its text is the same`;
      this.report('retry-refused', what, [sent.sendLine, line]);
    }
  }

  /** A message that is in the history. */
  see(message: MessageEntry, line: number, order: EntryOrder): void {
    const { senderId, clientMessageId, seq } = message;
    const key = `${senderId} ${clientMessageId}`;
    const sent = this.sent.get(key);
    if (!sent) {
      if (!this.isRecorded(senderId)) return;
      this.report('not-sent', `entry ${seq} has a message that its sender did not send`, [line]);
      return;
    }
    if (sent.possible <= 0) {
      const what = `entry ${seq} has a message of which every attempt was refused`;
      this.report('refused-but-done', what, [sent.sendLine, sent.refusedLine, line]);
    }
    const print = fingerprint(message.text);
    const isFirst = message.revision === undefined && message.deleted === undefined;
    if (isFirst && print !== sent.text && print !== sent.other?.text) {
      this.report('not-sent', `entry ${seq} has another text than its sender sent`, [sent.sendLine, line]);
    }
    this.place(key, sent, { seq, line }, order);
  }

  /** Judges what could not be judged before all deletions were known. */
  end(isDeleted: (seq: number) => boolean): void {
    for (const { seq, what, lines } of this.twoTexts) {
      if (!isDeleted(seq)) this.report('other-text-accepted', what, lines);
    }
    this.twoTexts = [];
  }

  /** The entries of a user by number. */
  *numbersOf(userId: string): Generator<Known> {
    for (const [key, { seq, line }] of this.sent) if (seq > 0 && key.startsWith(`${userId} `)) yield { seq, line };
  }

  /** Of the messages up to a number, the one that was sent last; null if none is recorded. */
  lastSentUpTo(seq: number): { sendLine: number; line: number } | null {
    let last: Sent | null = null;
    for (const sent of this.sent.values()) {
      if (sent.seq > 0 && sent.seq <= seq && sent.sendLine > (last?.sendLine ?? 0)) last = sent;
    }
    return last;
  }

  /** Forgets the numbers, but not the attempts: the history went back to an earlier moment. */
  restored(): void {
    for (const sent of this.sent.values()) {
      Object.assign(sent, { seq: 0, line: 0, ackedText: 0, ackLine: 0, floor: { seq: 0, line: 0 } });
      // An attempt that was refused because the message was there already may have been the one that lasts.
      sent.possible = Math.max(1, sent.possible);
    }
  }

  private place(key: string, sent: Sent, { seq, line }: Known, order: EntryOrder): void {
    if (sent.seq === seq) return;
    if (sent.seq !== 0) {
      const what = `message ${key.split(' ')[1]} is stored as ${sent.seq} and as ${seq}`;
      this.report('stored-twice', what, [sent.sendLine, sent.line, line]);
      return;
    }
    Object.assign(sent, { seq, line });
    if (seq > sent.floor.seq) return;
    const what = `message ${key.split(' ')[1]} was sent after ${sent.floor.seq} was acknowledged, but is number ${seq}`;
    const floorLine = order.ackLine(sent.floor.seq) || sent.floor.line;
    this.report('order-of-time', what, [floorLine, sent.sendLine, line]);
  }
}

export function requireRetryTime(report: Report, code: string, retryAfterMs: number | undefined, line: number): void {
  if (retryAfterMs === undefined || retryAfterMs < 0) {
    report('no-retry-time', `the refusal ${code} has no time to retry`, [line]);
  }
}

export const carriesRetryTime = (code: ErrorCode) => retried.includes(code);
