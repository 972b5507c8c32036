import { Latencies } from '../measure/latencies.ts';
import type { MessageId } from './wire.ts';

/** One phase in one client process. */
export interface Load {
  readonly phase: number;
  acknowledged(message: MessageId, seq: number): void;
  /** A connection other than the sender's received a message. */
  delivered(number: number): void;
  senderOf(number: number): number;
  latencies(): EncodedLatencies;
}

/** Latencies of a phase, encoded; each counts from when the message was due. */
export interface EncodedLatencies {
  /** Until the client sent it: the delay that the client itself causes. */
  late: string;
  ack: string;
  delivery: string;
  /** Those of the acks by the second in which the message was due. */
  ackBySecond: string[];
}

/** Records the latencies of a phase. */
export class PhaseLatencies {
  readonly late = new Latencies();
  readonly deliveries = new Latencies();
  private readonly acks = new Latencies();
  private readonly bySecond: Latencies[] = [];

  addAck(durationMs: number, second: number): void {
    this.acks.add(durationMs);
    while (this.bySecond.length <= second) this.bySecond.push(new Latencies());
    this.bySecond[second]?.add(durationMs);
  }

  encode(): EncodedLatencies {
    return {
      late: this.late.encode(),
      ack: this.acks.encode(),
      delivery: this.deliveries.encode(),
      ackBySecond: this.bySecond.map((each) => each.encode()),
    };
  }
}
