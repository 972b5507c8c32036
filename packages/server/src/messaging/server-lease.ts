import type { ConversationId, UserId } from '@parley/protocol';
import { CutOff } from '../connections/lease-failures.ts';
import type { Delivery, Mailbox, Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry, RegistryPart } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import { Unwritable } from '../platform/failures.ts';
import type { Ids } from '../platform/ids.ts';
import { type LeaseHolder, PartLease, renewIntervalMs } from './part-lease.ts';

export interface LeasePorts {
  registry: Pick<ConnectionRegistry, 'parts' | 'partOf' | 'closeServer'>;
  mailboxes: Pick<Mailboxes, 'open'>;
  clock: Clock;
  ids: Ids;
}

/** See `ServerLease.serverIdFor`. */
export type ServerIdFor = ServerLease['serverIdFor'];

export interface LeaseEvents {
  /** Receives what arrives in the mailbox of the current id. */
  received(deliveries: readonly Delivery[]): void | Promise<void>;
  /** The former id is not valid any more: nothing registered under it may be trusted (race 6). */
  lost(): void;
  /**
   * A part of the registry lost its data, or one of several parts dropped this server: everything of this part has to
   * be registered again (race 7).
   *
   * @param isContinued whether what an attempt before, which failed, has registered is still valid.
   * @param keepLease renews the lease when it is time; rejects when it expired.
   */
  forgotten(isContinued: boolean, keepLease: () => Promise<void>, part: RegistryPart): Promise<void>;
  /** One of several parts dropped this server, which does not reach it (race 16). */
  cutOff(part: RegistryPart): void;
  reportFailure(error: unknown): void;
}

/**
 * This server's id, with its lease in each part of the registry and its mailbox. The server is registered while it has
 * the mailbox and a lease. While it lacks a lease in one of several parts, the users of that part cannot connect. Every
 * {@link renewIntervalMs} it does the next step:
 *
 * - Not registered: it opens the mailbox, then acquires the leases. A step that fails continues where it stopped.
 * - Registered: it renews the leases. After a part lost its data, it acquires the lease again and has everything of the
 *   part registered again. It does the same when the lease of one part expired, and it has others.
 * - One of several parts does not list this server, as another process reports, and this server could not renew the lease
 *   there: it is cut off from the part until it acquires the lease again.
 * - All leases expired, all parts are cut off, or the mailbox was removed: the server is not registered any more, takes a
 *   new id, and registers.
 * - Stopped: it does nothing more.
 */
export class ServerLease implements LeaseHolder {
  id: string;
  isStopped = false;
  private readonly leases: readonly PartLease[];
  private mailbox: Mailbox | null = null;
  private isRegistered = false;
  private stopRenewing: () => void = () => undefined;
  private underWay: Promise<void> | null = null;
  private readonly closing = new Set<Promise<void>>();

  constructor(
    private readonly ports: LeasePorts,
    private readonly events: LeaseEvents,
  ) {
    this.id = ports.ids.uuid();
    this.leases = ports.registry.parts.map((part) => new PartLease(part, this, ports.clock));
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

  /**
   * The current id, for registrations of these users and conversations. Throws {@link CutOff} while this server is cut
   * off from a part that has one of them, because other processes would not find the registration.
   */
  serverIdFor(ids: readonly (UserId | ConversationId)[]): string {
    for (const { isCutOff, part } of this.leases) {
      if (!isCutOff || !ids.some((id) => this.ports.registry.partOf(id) === part)) continue;
      throw new CutOff(`this server does not reach ${part.name}`, renewIntervalMs);
    }
    return this.serverId;
  }

  /** Whether this server does not reach a part of the registry that other processes reach. */
  get isCutOff(): boolean {
    return this.leases.some(({ isCutOff }) => isCutOff);
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
   * Another process found that the registry, or this part of it, does not list this server. This is the only way in which
   * a server that is cut off from the registry learns that others have dropped it.
   */
  unlisted(part?: string): void {
    for (const lease of this.leases) if (part === undefined || part === lease.part.name) lease.unlisted();
    if (!this.isStopped) this.step().catch(this.events.reportFailure);
  }

  /** Has everything of a part registered again, while all leases are kept. */
  forgotten(lease: PartLease, isContinued: boolean): Promise<void> {
    const others = this.leases.filter((other) => other !== lease);
    const keepLease = async () => {
      const kept = others.filter(({ isHeld }) => isHeld).map((other) => other.keep().catch(this.events.reportFailure));
      await Promise.all([lease.keep(), ...kept]);
    };
    return this.events.forgotten(isContinued, keepLease, lease.part);
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
    const held = this.leases.filter(({ isHeld }) => isHeld);
    const leavesAll = held.length > 0 && held.every(({ hasToBeLeft }) => hasToBeLeft);
    for (const lease of this.leases) {
      if (lease.hasToBeLeft) this.leave(lease, !leavesAll);
      if (lease.isDisputed) this.events.reportFailure(new Error(disputed(lease.part)));
      lease.handled();
    }
    if (this.mailbox?.isRemoved || leavesAll) this.changeId();
    if (!this.isRegistered || !(await this.renew())) await this.register();
  }

  private leave(lease: PartLease, hasOthers: boolean): void {
    lease.leave();
    if (hasOthers) this.events.cutOff(lease.part);
  }

  private async register(): Promise<void> {
    const { mailboxes } = this.ports;
    const { id } = this;
    if (this.isStopped) return;
    // The mailbox is opened first: entries are routed to a server from the moment it has a lease.
    this.mailbox ??= await mailboxes.open(id, (deliveries) =>
      id === this.id ? this.events.received(deliveries) : undefined,
    );
    if (this.isStopped) return;
    const failures = await this.atEach(this.leases, (lease) => lease.acquire());
    this.isRegistered = this.leases.some(({ isHeld }) => isHeld);
    this.throwFirst(failures);
  }

  /** Returns false when all leases had expired; this server is not registered then. */
  private async renew(): Promise<boolean> {
    const held = this.leases.filter(({ isHeld }) => isHeld);
    const failures = await this.atEach(held, async (lease) => {
      if (!(await lease.renew())) lease.reset();
    });
    if (this.isStopped) return true;
    if (!this.leases.some(({ isHeld }) => isHeld)) {
      this.changeId();
      return false;
    }
    const lost = this.leases.filter(({ isHeld }) => !isHeld);
    failures.push(...(await this.atEach(lost, (lease) => lease.acquireAgain())));
    this.throwFirst(failures);
    return true;
  }

  /** Does a step for each of these leases, also after another one failed. Returns the failures. */
  private async atEach(leases: readonly PartLease[], step: (lease: PartLease) => Promise<void>): Promise<unknown[]> {
    const results = await Promise.allSettled(leases.map(step));
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  }

  private throwFirst([first, ...others]: readonly unknown[]): void {
    for (const failure of others) this.events.reportFailure(failure);
    if (first !== undefined) throw first;
  }

  private changeId(): void {
    const wasRegistered = this.isRegistered;
    this.isRegistered = false;
    for (const lease of this.leases) lease.reset();
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

function disputed({ name }: RegistryPart): string {
  return (
    `Another process does not find the lease that this server has in the registry ${name}. ` +
    'Check that every process has the same address for each server of --redis.'
  );
}
