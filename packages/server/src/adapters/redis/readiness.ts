import type { Redis } from 'ioredis';
import { systemClock } from '../../platform/clock.ts';

export interface RedisTimeouts {
  /** Of an attempt to connect. */
  connectMs: number;
  /** Calls do not wait for a connection that was lost this long ago. */
  reconnectWaitMs: number;
  /** Of a command. It may still be carried out. */
  commandMs: number;
  /** A connection on which no command was answered in time for this long is closed. */
  silenceMs: number;
}

export const defaultRedisTimeouts: RedisTimeouts = {
  connectMs: 1_000,
  reconnectWaitMs: 1_000,
  commandMs: 1_000,
  silenceMs: 2_000,
};

/** When a timeout fires so much later than it is due, this process was too busy to see the answer. */
const busyMs = 250;

/**
 * Whether commands can be sent. Calls wait only for a connection that was lost just now. A Redis that answers too late
 * for every command counts as one that does not answer: a new connection is used only when Redis answers its handshake
 * in time.
 */
export class Readiness {
  /** Resolves to whether the connection became ready in time. */
  private ready: Promise<boolean> = Promise.resolve(true);
  /** Settles that; null while the connection is ready. */
  private settle: ((ready: boolean) => void) | null = null;
  private reason: unknown;
  private isOut = false;
  /** When the first unanswered command was sent; null if the last command was answered in time. */
  private lateSinceMs: number | null = null;

  constructor(
    private readonly client: Redis,
    private readonly timeouts: RedisTimeouts,
  ) {
    this.lost();
    client.on('ready', () => this.found());
    client.on('close', () => this.lost());
    client.on('end', () => this.closed());
    client.on('error', (error) => {
      this.reason = error;
    });
  }

  /** Resolves when commands can be sent. Rejects with why they can't. */
  async reached(): Promise<void> {
    // The socket shows the end of a connection a moment before the client reports it.
    if (!this.settle && !this.client.stream.writable) this.lost();
    if (await this.ready) return;
    throw this.reason ?? new Error('there is no connection');
  }

  /** Whether the connection was lost so long ago that calls are refused at once. */
  get isLost(): boolean {
    return this.isOut;
  }

  /** A command was answered in time. */
  answered(): void {
    this.lateSinceMs = null;
  }

  /** A command was not answered in time. `sentAtMs` is by the monotonic clock. */
  late(sentAtMs: number): void {
    const nowMs = systemClock.monotonicMs();
    const { commandMs, silenceMs } = this.timeouts;
    if (this.settle || nowMs - sentAtMs > commandMs + busyMs) return;
    this.lateSinceMs ??= sentAtMs;
    if (nowMs - this.lateSinceMs < silenceMs) return;
    this.lost();
    this.reason = new Error(`it has answered no command in time for ${silenceMs} ms`);
    this.client.disconnect(true);
  }

  private lost(): void {
    // Every failed attempt reports it again.
    if (this.settle) return;
    this.lateSinceMs = null;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ready = promise;
    this.settle = resolve;
    systemClock.after(this.timeouts.reconnectWaitMs, () => {
      if (this.settle === resolve) this.isOut = true;
      resolve(false);
    });
  }

  private found(): void {
    this.settle?.(true);
    this.settle = null;
    this.isOut = false;
    this.ready = Promise.resolve(true);
    this.reason = undefined;
  }

  private closed(): void {
    this.reason = new Error('this side closed the connection');
    this.settle?.(false);
    this.isOut = true;
    this.ready = Promise.resolve(false);
  }
}
