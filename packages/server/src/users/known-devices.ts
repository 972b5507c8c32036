import { limits, type UserId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import type { UserStore } from './users-port.ts';

export interface DeviceSecret {
  secret: string;
  /** What is stored and counted by. */
  hash: string;
}

/**
 * The devices on which an account once logged in. A log-in with such a device's secret is counted apart, so that
 * strangers who guess the password don't keep the account's owner out. The secret alone lets nobody in.
 */
export class KnownDevices {
  constructor(
    private readonly users: UserStore,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The first of the secrets that belongs to a device of this account; null for none. */
  async known(username: string, secrets: readonly string[]): Promise<DeviceSecret | null> {
    if (secrets.length === 0) return null;
    const user = await this.users.byUsername(username);
    const given = secrets.map((secret) => ({ secret, hash: tokenHash(secret) }));
    // Asked where there is no account too, so that the answer takes as long.
    const hashes = given.map(({ hash }) => hash);
    const known = await this.users.knownDevice(user?.id ?? this.ids.uuid(), hashes);
    return given.find(({ hash }) => hash === known) ?? null;
  }

  make(): DeviceSecret {
    const secret = this.ids.token();
    return { secret, hash: tokenHash(secret) };
  }

  keep(userId: UserId, { hash }: DeviceSecret): Promise<void> {
    const device = { userId, secretHash: hash, usedAtMs: this.clock.nowMs() };
    return this.users.keepDevice(device, limits.knownDevicesPerUser);
  }

  forget(userId: UserId, secret: string): Promise<void> {
    return this.users.forgetDevice(userId, tokenHash(secret));
  }

  forgetOthers(userId: UserId, secrets: readonly string[]): Promise<void> {
    return this.users.forgetDevices(userId, secrets.map(tokenHash));
  }
}
