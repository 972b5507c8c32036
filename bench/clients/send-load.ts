import { Latencies } from '../measure/latencies.ts';
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import type { Connections } from './connections.ts';
import type { PlannedConversation, Tally } from './tally.ts';
import { type MessageId, messageText, numberDigits } from './wire.ts';

/** Sends at a fixed rate: message n is due n / rate seconds after the start, whether or not others were answered. */
export interface SendPhase {
  /** From 1; each run of a client has its own. */
  phase: number;
  /** Milliseconds of the machine's monotonic clock. */
  startAtMs: number;
  rate: number;
  seconds: number;
  textBytes: number;
}

/** Latencies of a phase, encoded; each counts from when the message was due. */
export interface SendLatencies {
  /** Until the client sent it: the delay that the client itself causes. */
  late: string;
  ack: string;
  delivery: string;
  /** Those of the acks by the second in which the message was due. */
  ackBySecond: string[];
}

const answerTimeoutMs = 15_000;
const turnMs = 0.5;
/** Between two turns, so that answers are read while many messages are due. */
const burst = 32;
const uuidBytes = 36;

/** One phase in one client process, which sends what the people of its connections send. */
export class SendLoad {
  private readonly late = new Latencies();
  private readonly acks = new Latencies();
  private readonly deliveries = new Latencies();
  private readonly acksBySecond: Latencies[] = [];
  private readonly frame: Uint8Array;
  private readonly places: { conversation: number; messages: number[] };
  private readonly ids: Uint8Array[];
  private readonly messages: number;

  constructor(
    private readonly spec: SendPhase,
    private readonly conversations: readonly PlannedConversation[],
    private readonly connections: Connections,
    private readonly tally: Tally,
  ) {
    this.messages = Math.round(spec.rate * spec.seconds);
    tally.begin(spec.phase, this.messages);
    this.ids = conversations.map(({ id }) => Buffer.from(id));
    const text = 'x'.repeat(spec.textBytes);
    const [message, conversationId] = [messageText(spec.phase, 0), '-'.repeat(uuidBytes)];
    const payload = JSON.stringify({ type: 'send', id: message, conversationId, clientMessageId: message, text });
    this.frame = clientFrame(payload);
    const bytes = Buffer.from(this.frame);
    const first = bytes.indexOf(message);
    this.places = { conversation: bytes.indexOf(conversationId), messages: [first, bytes.indexOf(message, first + 1)] };
  }

  /** Sends everything, and waits a bounded time for the answers. */
  run(): void {
    let next = 0;
    while (next < this.messages) {
      const nowMs = machineMs();
      for (let count = 0; next < this.messages && this.dueMs(next) <= nowMs && count < burst; next++) {
        if (this.sendIfOwn(next)) count++;
      }
      const waitMs = next < this.messages ? this.dueMs(next) - machineMs() : 0;
      this.connections.turn(waitMs <= 0 ? 0 : Math.max(turnMs, Math.min(waitMs, 10)));
    }
    const endMs = machineMs() + answerTimeoutMs;
    while (this.tally.unanswered > 0 && machineMs() < endMs) this.connections.turn(10);
  }

  get phase(): number {
    return this.spec.phase;
  }

  acknowledged({ phase, number }: MessageId, seq: number): void {
    if (!this.tally.ack(phase, number, seq, this.placeOf(number).conversation)) return;
    const [dueMs, nowMs] = [this.dueMs(number), machineMs()];
    this.acks.add(nowMs - dueMs);
    const second = Math.floor((dueMs - this.spec.startAtMs) / 1_000);
    this.acksBySecond[second] ??= new Latencies();
    this.acksBySecond[second].add(nowMs - dueMs);
  }

  delivered(number: number): void {
    this.deliveries.add(machineMs() - this.dueMs(number));
  }

  /** The conversation of a message, and who sends it: the members take turns. */
  placeOf(number: number): { conversation: number; sender: number } {
    const conversation = number % this.conversations.length;
    const { members } = this.conversations[conversation] as PlannedConversation;
    const turn = Math.floor(number / this.conversations.length);
    return { conversation, sender: members[turn % members.length] as number };
  }

  latencies(): SendLatencies {
    return {
      late: this.late.encode(),
      ack: this.acks.encode(),
      delivery: this.deliveries.encode(),
      ackBySecond: Array.from(this.acksBySecond, (each) => (each ?? new Latencies()).encode()),
    };
  }

  private dueMs(number: number): number {
    return this.spec.startAtMs + (number * 1_000) / this.spec.rate;
  }

  private sendIfOwn(number: number): boolean {
    const { conversation, sender } = this.placeOf(number);
    if (!this.connections.isOpen(sender)) return false;
    this.frame.set(this.ids[conversation] as Uint8Array, this.places.conversation);
    for (const place of this.places.messages) this.writeNumber(number, place);
    this.late.add(machineMs() - this.dueMs(number));
    this.tally.send(number);
    this.connections.send(sender, this.frame);
    return true;
  }

  private writeNumber(number: number, messageAt: number): void {
    let left = number;
    const end = messageAt + messageText(this.spec.phase, 0).length;
    for (let digit = 1; digit <= numberDigits; digit++) {
      this.frame[end - digit] = 48 + (left % 10);
      left = Math.floor(left / 10);
    }
  }
}
