import { leaseMissing } from '../connections/lease-failures.ts';
import type { RegistryPart } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import { supportedLevel } from '../platform/features.ts';

/** The users of a dead server count as online for at most this long (contract 9). */
export const leaseMs = 10_000;
export const renewIntervalMs = leaseMs / 4;
/** A lease that was held for this long is found by every process that uses the same Redis server. */
const foundAfterMs = 3 * leaseMs;

/** The server that holds a lease, as {@link PartLease} uses it. */
export interface LeaseHolder {
  readonly id: string;
  readonly isStopped: boolean;
  /** Everything in the part has to be registered again; see `LeaseEvents`. */
  forgotten(lease: PartLease, isContinued: boolean): Promise<void>;
}

/** The lease of this server in one part of the registry. */
export class PartLease {
  /** The generation in which everything was registered; null while this server has no lease here. */
  private generation: string | null = null;
  /** The generation in which the lease was last acquired again. */
  private acquiredIn: string | null = null;
  private acquiredAtMs = 0;
  private renewedAtMs = 0;
  private isUnlisted = false;
  /** This server does not reach the part, but other processes do. Nothing can be registered there until it does. */
  isCutOff = false;

  constructor(
    readonly part: RegistryPart,
    private readonly holder: LeaseHolder,
    private readonly clock: Clock,
  ) {}

  get isHeld(): boolean {
    return this.generation !== null;
  }

  /** Another process found that the part does not list this server, and this server could not renew the lease. */
  get hasToBeLeft(): boolean {
    return this.isUnlisted && !this.isCutOff && !this.isFresh;
  }

  /** Another process found that the part does not list this server, although the lease was valid all the time. */
  get isDisputed(): boolean {
    const isOld = this.clock.monotonicMs() - this.acquiredAtMs >= foundAfterMs;
    return this.isUnlisted && this.isHeld && this.isFresh && isOld;
  }

  private get isFresh(): boolean {
    return this.clock.monotonicMs() - this.renewedAtMs < leaseMs;
  }

  unlisted(): void {
    this.isUnlisted = true;
  }

  /** The notification of {@link unlisted} was handled. */
  handled(): void {
    this.isUnlisted = false;
  }

  /** The lease is not valid any more, or belongs to another id. */
  reset(): void {
    this.generation = null;
    this.acquiredIn = null;
  }

  /** The part dropped this server, which does not reach it. */
  leave(): void {
    this.reset();
    this.isCutOff = true;
  }

  /** Acquires the lease for a new id, under which nothing is registered. */
  async acquire(): Promise<void> {
    const { holder, part } = this;
    const nowMs = this.clock.monotonicMs();
    const generation = await part.generation();
    if (holder.isStopped) return;
    await part.openServer(holder.id, leaseMs, supportedLevel());
    this.generation = generation;
    this.acquired(nowMs);
  }

  /** Acquires the lease again under the same id, after it expired or was never acquired. */
  async acquireAgain(): Promise<void> {
    const { holder, part } = this;
    const nowMs = this.clock.monotonicMs();
    const generation = await part.generation();
    if (holder.isStopped) return;
    // What was registered before must not become valid again.
    if (generation !== this.acquiredIn || !(await part.renewLease(holder.id, leaseMs))) {
      await part.closeServer(holder.id);
      if (holder.isStopped) return;
      await part.openServer(holder.id, leaseMs, supportedLevel());
      this.acquiredIn = null;
    }
    await this.registerAgain(generation, nowMs);
  }

  /**
   * Renews the lease, and has everything registered again after the part lost its data. Returns false when the lease had
   * expired.
   */
  async renew(): Promise<boolean> {
    const { holder, part } = this;
    const nowMs = this.clock.monotonicMs();
    const generation = await part.generation();
    if (holder.isStopped) return true;
    if (generation === this.generation) {
      const isRenewed = await part.renewLease(holder.id, leaseMs);
      if (isRenewed) this.renewedAtMs = nowMs;
      return isRenewed;
    }
    const isContinued = generation === this.acquiredIn && (await part.renewLease(holder.id, leaseMs));
    if (!isContinued) {
      await part.openServer(holder.id, leaseMs, supportedLevel());
      this.acquiredIn = null;
    }
    await this.registerAgain(generation, nowMs);
    return true;
  }

  /** Renews the lease when that is due, while other work takes long. */
  async keep(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.renewedAtMs < renewIntervalMs) return;
    if (!(await this.part.renewLease(this.holder.id, leaseMs))) throw leaseMissing(this.holder.id);
    this.renewedAtMs = nowMs;
  }

  private acquired(atMs: number): void {
    this.isCutOff = false;
    this.acquiredAtMs = atMs;
    this.renewedAtMs = atMs;
  }

  private async registerAgain(generation: string, nowMs: number): Promise<void> {
    const isContinued = this.acquiredIn === generation;
    this.acquiredIn = generation;
    this.acquired(nowMs);
    if (this.holder.isStopped) return;
    await this.holder.forgotten(this, isContinued);
    // This is the last step, so that an attempt that failed before it is repeated.
    this.generation = generation;
  }
}
