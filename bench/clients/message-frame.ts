import { clientFrame } from '../net/websocket.ts';
import { messageText, numberDigits } from './wire.ts';

const [zero, uuidBytes] = [48, 36];

/** The frames of messages with texts of one length. One buffer is changed in place for each message. */
export class MessageFrame {
  private readonly frame: Buffer;
  private readonly conversationAt: number;
  /** The ends of the two parts of the frame that contain the number. */
  private readonly numberEnds: number[];

  constructor(phase: number, textBytes: number) {
    const [id, conversationId] = [messageText(phase, 0), '-'.repeat(uuidBytes)];
    const payload = { type: 'send', id, conversationId, clientMessageId: id, text: 'x'.repeat(textBytes) };
    this.frame = Buffer.from(clientFrame(JSON.stringify(payload)));
    this.conversationAt = this.frame.indexOf(conversationId);
    const first = this.frame.indexOf(id);
    this.numberEnds = [first, this.frame.indexOf(id, first + 1)].map((at) => at + id.length);
  }

  /** The frame of a message, valid until the next call. */
  of(conversationId: Uint8Array, number: number): Uint8Array {
    this.frame.set(conversationId, this.conversationAt);
    for (const end of this.numberEnds) {
      let left = number;
      for (let digit = 1; digit <= numberDigits; digit++) {
        this.frame[end - digit] = zero + (left % 10);
        left = Math.floor(left / 10);
      }
    }
    return this.frame;
  }
}
