import type { Redis } from 'ioredis';
import { systemClock } from '../../platform/clock.ts';

/** Calls do not wait for a connection that was lost this long ago. */
const reconnectWaitMs = 1_000;

/** Whether commands can be sent. Calls wait only for a connection that was lost just now. */
export class Readiness {
  /** Resolves to whether the connection became ready in time. */
  private ready: Promise<boolean> = Promise.resolve(true);
  /** Settles that; null while the connection is ready. */
  private settle: ((ready: boolean) => void) | null = null;
  private reason: unknown;

  constructor(private readonly client: Redis) {
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

  private lost(): void {
    // Every failed attempt reports it again.
    if (this.settle) return;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ready = promise;
    this.settle = resolve;
    systemClock.after(reconnectWaitMs, () => resolve(false));
  }

  private found(): void {
    this.settle?.(true);
    this.settle = null;
    this.ready = Promise.resolve(true);
    this.reason = undefined;
  }

  private closed(): void {
    this.reason = new Error('this side closed the connection');
    this.settle?.(false);
    this.ready = Promise.resolve(false);
  }
}
