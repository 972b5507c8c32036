import { Unavailable } from '../../src/platform/failures.ts';
import type { Kernel } from './kernel.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';

/** A connection in one direction: what is sent first arrives first. */
export interface Channel {
  lastDueMs: number;
}

export interface Route {
  /** Names of machines, clients and services. */
  from: string;
  to: string;
}

/** Latencies in milliseconds, and the share of messages that take long. */
const usualMs = { min: 0.1, max: 3 };
const longMs = { min: 20, max: 600 };
const longShare = 0.02;
const plainMs = 1;

/** Delivers messages late, in any order unless they share a channel, or not at all. */
export class Network {
  /** Routes that deliver nothing before this time. One direction each. */
  private readonly blocked: (Route & { untilMs: number })[] = [];

  constructor(
    private readonly kernel: Kernel,
    private readonly random: Random,
    private readonly isPlain: boolean,
  ) {}

  /** Nothing arrives by this route for a while. "*" stands for every name. */
  block(route: Route, forMs: number): void {
    this.blocked.push({ ...route, untilMs: this.kernel.nowMs + forMs });
  }

  /** All routes work again, also for what is sent from now on only. */
  heal(): void {
    this.blocked.length = 0;
  }

  /**
   * Calls `run` when the message arrives, as an event of its receiver. While the route is blocked, TCP repeats it until
   * it gets through.
   */
  send(route: Route, receiver: Owner, label: string, run: () => void, channel?: Channel, lateMs = 0): void {
    const { nowMs } = this.kernel;
    let dueMs = Math.max(nowMs, this.blockedUntilMs(route)) + lateMs + this.latencyMs();
    if (channel) {
      dueMs = Math.max(dueMs, channel.lastDueMs);
      channel.lastDueMs = dueMs;
    }
    this.kernel.at(dueMs - nowMs, receiver, label, run);
  }

  /** Whether a message by this route is lost now. */
  loses(route: Route): boolean {
    return this.blockedUntilMs(route) > this.kernel.nowMs && this.random.chance(0.5);
  }

  private blockedUntilMs({ from, to }: Route): number {
    const { nowMs } = this.kernel;
    const isOf = (pattern: string, name: string) => pattern === '*' || pattern === name;
    const those = this.blocked.filter((each) => each.untilMs > nowMs && isOf(each.from, from) && isOf(each.to, to));
    return Math.max(0, ...those.map(({ untilMs }) => untilMs));
  }

  private latencyMs(): number {
    if (this.isPlain) return plainMs;
    const { min, max } = this.random.chance(longShare) ? longMs : usualMs;
    return min + this.random.next() * (max - min);
  }
}

export const services = ['postgres', 'kafka', 'redis'] as const;
export type Service = (typeof services)[number];

/** After this time a call fails; its effect is not known. The limits of the product's adapters. */
const answerTimeoutMs: Record<Service, number> = { postgres: 12_000, kafka: 4_000, redis: 1_000 };

export function noAnswer(service: Service, call: string): Unavailable {
  return new Unavailable(`${service} did not answer ${call} within ${answerTimeoutMs[service]} ms`);
}

export function timeoutOf(service: Service): number {
  return answerTimeoutMs[service];
}
