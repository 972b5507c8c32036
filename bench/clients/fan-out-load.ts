import { machineMs } from '../net/libc.ts';
import type { Connections } from './connections.ts';
import { type EncodedLatencies, type Load, PhaseLatencies } from './load.ts';
import { MessageFrame } from './message-frame.ts';
import type { PlannedConversation, Tally } from './tally.ts';
import type { MessageId } from './wire.ts';

/** The first member of one conversation sends; message n when all members have message n - inFlight. */
export interface FanOutPhase {
  phase: number;
  messages: number;
  inFlight: number;
  textBytes: number;
  conversation: number;
}

const timeoutMs = 60_000;

/** A closed loop in one client process, which has all members. Latencies count from sending. */
export class FanOutLoad implements Load {
  private readonly recorded = new PhaseLatencies();
  private readonly sentAtMs: Float64Array;
  private readonly frame: MessageFrame;
  private deliveries = 0;

  constructor(
    private readonly spec: FanOutPhase,
    private readonly planned: PlannedConversation,
    private readonly connections: Connections,
    private readonly tally: Tally,
  ) {
    tally.begin(spec.phase, spec.messages);
    this.sentAtMs = new Float64Array(spec.messages);
    this.frame = new MessageFrame(spec.phase, spec.textBytes);
  }

  get phase(): number {
    return this.spec.phase;
  }

  /** Sends everything, and waits a bounded time for the answers. */
  run(): void {
    const { messages, inFlight } = this.spec;
    const id = Buffer.from(this.planned.id);
    const others = this.planned.members.length - 1;
    const endMs = machineMs() + timeoutMs;
    for (let sent = 0; machineMs() < endMs; this.connections.turn(10)) {
      for (; sent < messages && this.deliveries >= (sent - inFlight + 1) * others; sent++) {
        this.tally.send(sent);
        this.sentAtMs[sent] = machineMs();
        this.connections.send(this.senderOf(), this.frame.of(id, sent));
      }
      if (this.deliveries >= messages * others && this.tally.unanswered === 0) return;
    }
  }

  acknowledged({ phase, number }: MessageId, seq: number): void {
    if (!this.tally.ack(phase, number, seq, this.spec.conversation)) return;
    this.recorded.addAck(machineMs() - (this.sentAtMs[number] ?? 0), 0);
  }

  delivered(number: number): void {
    this.deliveries++;
    this.recorded.deliveries.add(machineMs() - (this.sentAtMs[number] ?? 0));
  }

  senderOf(): number {
    return this.planned.members[0] as number;
  }

  latencies(): EncodedLatencies {
    return this.recorded.encode();
  }
}
