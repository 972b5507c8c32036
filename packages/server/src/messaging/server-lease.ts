import type { UserId } from '@parley/protocol';
import { leaseMissing } from '../connections/lease-failures.ts';
import type { Delivery, Mailbox, Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import { Unwritable } from '../platform/failures.ts';
import { supportedLevel } from '../platform/features.ts';
import type { Ids } from '../platform/ids.ts';

/** The users of a dead server count as online for at most this long (contract 9). */
export const leaseMs = 10_000;
const renewIntervalMs = leaseMs / 4;

export interface LeasePorts {
  registry: Pick<ConnectionRegistry, 'generation' | 'openServer' | 'renewLease' | 'closeServer'>;
  mailboxes: Pick<Mailboxes, 'open'>;
  clock: Clock;
  ids: Ids;
}

export interface LeaseEvents {
  /** Receives what arrives in the mailbox of the current id. */
  received(deliveries: readonly Delivery[]): void | Promise<void>;
  /** The former id is not valid any more: nothing registered under it may be trusted (race 6). */
  lost(): void;
  /**
   * The registry lost its data: everything has to be registered again (race 7).
   *
   * @param isContinued whether what an attempt before, which failed, has registered is still valid.
   * @param keepLease renews the lease when it is time; rejects when it expired.
   */
  forgotten(isContinued: boolean, keepLease: () => Promise<void>): Promise<void>;
  reportFailure(error: unknown): void;
}

/**
 * This server's id with what belongs to it: a lease in the registry, and a mailbox. The server is registered while it
 * has both. Every {@link renewIntervalMs} it does the next step:
 *
 * - Not registered: it opens the mailbox, then acquires the lease. A step that fails continues where it stopped.
 * - Registered: it renews the lease. After the registry lost its data, it acquires the lease again and has everything
 *   registered again.
 * - The lease expired, or the mailbox was removed, or another process reports that the registry does not list this server
 *   and it could not renew the lease since: it is not registered any more, takes a new id, and registers.
 * - Stopped: it does nothing more.
 */
export class ServerLease {
  private id: string;
  private mailbox: Mailbox | null = null;
  private isRegistered = false;
  private generation: string | null = null;
  /** The generation in which the lease was last acquired again. */
  private acquiredIn: string | null = null;
  private stopRenewing: () => void = () => undefined;
  private underWay: Promise<void> | null = null;
  private readonly closing = new Set<Promise<void>>();
  private isStopped = false;
  private renewedAtMs = 0;
  private isUnlisted = false;

  constructor(
    private readonly ports: LeasePorts,
    private readonly events: LeaseEvents,
  ) {
    this.id = ports.ids.uuid();
  }

  /** The current id; null while this server is not registered. */
  get registeredId(): string | null {
    return this.isRegistered ? this.id : null;
  }

  /** The current id. Throws {@link Unwritable} while this server is not registered. */
  get serverId(): string {
    if (!this.isRegistered) throw new Unwritable('this server is not registered at the moment', renewIntervalMs);
    return this.id;
  }

  /** Resolves when this server is registered; rejects when that fails, and does not try again then. */
  async open(): Promise<void> {
    await this.step();
    if (this.isStopped) return;
    this.stopRenewing = this.ports.clock.every(renewIntervalMs, () => {
      this.step().catch(this.events.reportFailure);
    });
  }

  /**
   * Another process found that the registry does not list this server. A server that is cut off from the registry alone
   * learns that others have dropped it only so.
   */
  unlisted(): void {
    this.isUnlisted = true;
    if (!this.isStopped) this.step().catch(this.events.reportFailure);
  }

  /**
   * Ends the registration, after the step under way: nothing is acquired or opened any more. The mailbox stays open
   * until {@link close}. Returns the users who went offline by this.
   */
  async stop(): Promise<UserId[]> {
    this.isStopped = true;
    this.stopRenewing();
    await this.underWay?.catch(() => undefined);
    this.isRegistered = false;
    return this.ports.registry.closeServer(this.id);
  }

  async close(): Promise<void> {
    this.closeMailbox();
    await Promise.all(this.closing);
  }

  /** Does the next step; returns the one under way when there is one. */
  private step(): Promise<void> {
    this.underWay ??= this.next().finally(() => {
      this.underWay = null;
    });
    return this.underWay;
  }

  private async next(): Promise<void> {
    const isExpired = this.ports.clock.monotonicMs() - this.renewedAtMs >= leaseMs;
    if (this.mailbox?.isRemoved || (this.isUnlisted && this.isRegistered && isExpired)) this.changeId();
    this.isUnlisted = false;
    if (!this.isRegistered || !(await this.renew())) await this.register();
  }

  private async register(): Promise<void> {
    const { registry, mailboxes } = this.ports;
    const { id } = this;
    if (this.isStopped) return;
    // The mailbox is opened first: entries are routed to a server from the moment it has a lease.
    this.mailbox ??= await mailboxes.open(id, (deliveries) =>
      id === this.id ? this.events.received(deliveries) : undefined,
    );
    if (this.isStopped) return;
    const nowMs = this.ports.clock.monotonicMs();
    const generation = await registry.generation();
    if (this.isStopped) return;
    await registry.openServer(id, leaseMs, supportedLevel());
    this.generation = generation;
    this.renewedAtMs = nowMs;
    this.isRegistered = true;
  }

  /** Returns false when the lease had expired; this server is not registered then. */
  private async renew(): Promise<boolean> {
    const { registry, clock } = this.ports;
    const nowMs = clock.monotonicMs();
    const generation = await registry.generation();
    if (this.isStopped) return true;
    if (generation !== this.generation) {
      const isContinued = generation === this.acquiredIn && (await registry.renewLease(this.id, leaseMs));
      if (!isContinued) await registry.openServer(this.id, leaseMs, supportedLevel());
      this.acquiredIn = generation;
      if (this.isStopped) return true;
      await this.events.forgotten(isContinued, this.keeper(nowMs));
      // This is the last step, so that an attempt that failed before it is repeated.
      this.generation = generation;
      this.renewedAtMs = nowMs;
      return true;
    }
    if (await registry.renewLease(this.id, leaseMs)) {
      this.renewedAtMs = nowMs;
      return true;
    }
    if (!this.isStopped) this.changeId();
    return false;
  }

  /** Returns a function that renews the lease when that is due; it was renewed after `renewedMs`. */
  private keeper(renewedMs: number): () => Promise<void> {
    const { clock, registry } = this.ports;
    let dueMs = renewedMs + renewIntervalMs;
    return async () => {
      const nowMs = clock.monotonicMs();
      if (nowMs < dueMs) return;
      if (!(await registry.renewLease(this.id, leaseMs))) throw leaseMissing(this.id);
      dueMs = nowMs + renewIntervalMs;
    };
  }

  private changeId(): void {
    const wasRegistered = this.isRegistered;
    this.isRegistered = false;
    this.acquiredIn = null;
    this.id = this.ports.ids.uuid();
    this.closeMailbox();
    if (wasRegistered) this.events.lost();
  }

  /** The janitor of the mailboxes removes one that could not be closed. */
  private closeMailbox(): void {
    if (!this.mailbox) return;
    const closing: Promise<void> = this.mailbox
      .close()
      .catch(this.events.reportFailure)
      .finally(() => this.closing.delete(closing));
    this.closing.add(closing);
    this.mailbox = null;
  }
}
