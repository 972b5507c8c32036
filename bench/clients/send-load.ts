import { machineMs } from '../net/libc.ts';
import type { Activity } from './activity.ts';
import type { Connections } from './connections.ts';
import { type EncodedLatencies, type Load, PhaseLatencies } from './load.ts';
import { MessageFrame } from './message-frame.ts';
import { type PlannedConversation, sendersOf, type Tally } from './tally.ts';
import type { MessageId } from './wire.ts';

/** Sends at a fixed rate: message n is due n / rate seconds after the start, whether or not others were answered. */
export interface SendPhase {
  /** From 1; each run of a client has its own. */
  phase: number;
  rate: number;
  seconds: number;
  /** The lengths of the texts, in turn. */
  textBytes: number[];
  /** The conversations of the messages, in turn. */
  conversations: number[];
}

const answerTimeoutMs = 30_000;
const turnMs = 0.5;
/** Between two turns, so that answers are read while many messages are due. */
const burst = 32;

/** An open loop in one client process, which sends what the people of its connections send. */
export class SendLoad implements Load {
  private readonly recorded = new PhaseLatencies();
  private readonly frames = new Map<number, MessageFrame>();
  private readonly ids: Uint8Array[];
  private readonly messages: number;
  private startAtMs: number | null = null;
  /** Messages of other processes that arrived before this one knew the start, with the times of arrival. */
  private readonly early: [number: number, atMs: number][] = [];

  constructor(
    private readonly spec: SendPhase,
    private readonly conversations: readonly PlannedConversation[],
    private readonly connections: Connections,
    private readonly tally: Tally,
    private readonly activity: Activity | null,
  ) {
    this.messages = Math.round(spec.rate * spec.seconds);
    tally.begin(spec.phase, this.messages);
    this.ids = conversations.map(({ id }) => Buffer.from(id));
    for (const bytes of spec.textBytes) this.frames.set(bytes, new MessageFrame(spec.phase, bytes));
  }

  get phase(): number {
    return this.spec.phase;
  }

  /**
   * Sends everything, and waits a bounded time for the answers.
   *
   * @param startAtMs milliseconds of the machine's monotonic clock.
   */
  runFrom(startAtMs: number): void {
    this.startAtMs = startAtMs;
    for (const [number, atMs] of this.early) this.recorded.deliveries.add(atMs - this.dueMs(number));
    let next = 0;
    while (next < this.messages) {
      const nowMs = machineMs();
      for (let count = 0; next < this.messages && this.dueMs(next) <= nowMs && count < burst; next++) {
        if (this.sendIfOwn(next)) count++;
      }
      this.activity?.turn(nowMs - startAtMs);
      const waitMs = next < this.messages ? this.dueMs(next) - machineMs() : 0;
      this.connections.turn(waitMs <= 0 ? 0 : Math.max(turnMs, Math.min(waitMs, 10)));
    }
    const endMs = machineMs() + answerTimeoutMs;
    while (this.tally.unanswered > 0 && machineMs() < endMs) this.connections.turn(10);
  }

  acknowledged({ phase, number }: MessageId, seq: number): void {
    if (!this.tally.ack(phase, number, seq, this.conversationOf(number))) return;
    const second = Math.floor(number / this.spec.rate);
    this.recorded.addAck(machineMs() - this.dueMs(number), second);
  }

  delivered(number: number): void {
    if (this.startAtMs === null) this.early.push([number, machineMs()]);
    else this.recorded.deliveries.add(machineMs() - this.dueMs(number));
  }

  /** The people who send in a conversation take turns. */
  senderOf(number: number): number {
    const choices = this.spec.conversations.length;
    const senders = sendersOf(this.conversations[this.conversationOf(number)] as PlannedConversation);
    return senders[(Math.floor(number / choices) + (number % choices)) % senders.length] as number;
  }

  latencies(): EncodedLatencies {
    return this.recorded.encode();
  }

  private conversationOf(number: number): number {
    return this.spec.conversations[number % this.spec.conversations.length] as number;
  }

  private dueMs(number: number): number {
    return (this.startAtMs ?? 0) + (number * 1_000) / this.spec.rate;
  }

  private sendIfOwn(number: number): boolean {
    const sender = this.senderOf(number);
    if (!this.connections.isOpen(sender)) return false;
    const textBytes = this.spec.textBytes[number % this.spec.textBytes.length] as number;
    const id = this.ids[this.conversationOf(number)] as Uint8Array;
    const frame = (this.frames.get(textBytes) as MessageFrame).of(id, number);
    this.recorded.late.add(machineMs() - this.dueMs(number));
    this.tally.send(number);
    this.connections.send(sender, frame);
    return true;
  }
}
