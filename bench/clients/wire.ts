// Reads the fields that the benchmarks need from frames without parsing them, because the clients share the processor
// with the server that is measured.

const [quote, zero, nine] = [34, 48, 57];
const uuidBytes = 36;

/** The position of a field's value. Fields rarely move, so the position in the last frame is tried first. */
class FieldFinder {
  private readonly key: Uint8Array;
  private fromStart = 0;
  private fromEnd = 0;

  constructor(name: string, prefix = '') {
    this.key = Buffer.from(`"${name}":${prefix}`);
  }

  /** Position behind the key; -1 if there is none. */
  find(bytes: Buffer, start: number, end: number): number {
    let at = start + this.fromStart;
    if (!this.isAt(bytes, at, end)) {
      at = end - this.fromEnd;
      if (at < start || !this.isAt(bytes, at, end)) {
        at = this.search(bytes, start, end);
        if (at < 0) return -1;
        this.fromEnd = end - at;
      }
      this.fromStart = at - start;
    }
    return at + this.key.length;
  }

  private search(bytes: Buffer, start: number, end: number): number {
    for (let at = start; at + this.key.length <= end; at++) if (this.isAt(bytes, at, end)) return at;
    return -1;
  }

  private isAt(bytes: Buffer, at: number, end: number): boolean {
    if (at + this.key.length > end) return false;
    for (let index = 0; index < this.key.length; index++) if (bytes[at + index] !== this.key[index]) return false;
    return true;
  }
}

const entrySeq = new FieldFinder('seq');
const entryMessage = new FieldFinder('clientMessageId', '"');
const entryConversation = new FieldFinder('conversationId', '"');
const ackSeq = new FieldFinder('seq');
const ackId = new FieldFinder('id', '"');

export type FrameType = 'entry' | 'ack' | 'error' | 'welcome' | 'presence' | 'typing' | 'read' | 'other';

const types = Object.entries({
  entry: '{"type":"entry"',
  ack: '{"type":"ack"',
  error: '{"type":"error"',
  welcome: '{"type":"welcome"',
  presence: '{"type":"presence"',
  typing: '{"type":"typing"',
  read: '{"type":"read"',
}).map(([type, text]) => ({ type: type as FrameType, bytes: Buffer.from(text) }));

export function typeOf(bytes: Buffer, start: number, end: number): FrameType {
  for (const { type, bytes: prefix } of types) {
    let index = 0;
    while (index < prefix.length && start + index < end && bytes[start + index] === prefix[index]) index++;
    if (index === prefix.length) return type;
  }
  return 'other';
}

/** The fields of an entry: `message` is the text of its clientMessageId, empty for another kind of entry. */
export interface EntryFields {
  seq: number;
  conversationKey: number;
  message: MessageId | null;
}

/** A message of a benchmark: the phase that sent it and its number in it. */
export interface MessageId {
  phase: number;
  number: number;
}

const message: MessageId = { phase: 0, number: 0 };
const fields: EntryFields = { seq: 0, conversationKey: 0, message: null };

/** The result is valid until the next call. */
export function entryFields(bytes: Buffer, start: number, end: number): EntryFields {
  fields.seq = wholeAt(bytes, entrySeq.find(bytes, start, end), end);
  fields.conversationKey = keyAt(bytes, entryConversation.find(bytes, start, end));
  fields.message = messageAt(bytes, entryMessage.find(bytes, start, end), end);
  return fields;
}

/** The result is valid until the next call. */
export function ackFields(bytes: Buffer, start: number, end: number): { seq: number; message: MessageId | null } {
  fields.seq = wholeAt(bytes, ackSeq.find(bytes, start, end), end);
  fields.message = messageAt(bytes, ackId.find(bytes, start, end), end);
  return fields;
}

/** "3-000000012" is message 12 of phase 3. */
export function messageText(phase: number, number: number): string {
  return `${phase}-${String(number).padStart(numberDigits, '0')}`;
}

export const numberDigits = 9;

function messageAt(bytes: Buffer, at: number, end: number): MessageId | null {
  if (at < 0 || bytes[at] === quote) return null;
  let dash = at;
  while (dash < end && bytes[dash] !== 45) dash++;
  if (dash - at > 3 || dash + 1 + numberDigits > end) return null;
  message.phase = wholeAt(bytes, at, end);
  message.number = wholeAt(bytes, dash + 1, end);
  return message;
}

function wholeAt(bytes: Buffer, from: number, end: number): number {
  let value = 0;
  let at = from;
  for (; at < end; at++) {
    const digit = bytes[at] as number;
    if (digit < zero || digit > nine) break;
    value = value * 10 + digit - zero;
  }
  return value;
}

/** The last 52 bits of a conversation's id as a number, by which clients look it up. */
export function conversationKey(id: string): number {
  return keyAt(Buffer.from(id), 0);
}

function keyAt(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  let key = 0;
  // The last 12 digits, and the last one before the dash.
  for (let index = at + uuidBytes - 12; index < at + uuidBytes; index++)
    key = key * 16 + hexDigit(bytes[index] as number);
  return key + (hexDigit(bytes[at + uuidBytes - 14] as number) % 16) * 2 ** 48;
}

function hexDigit(character: number): number {
  return character <= nine ? character - zero : character - 87;
}
