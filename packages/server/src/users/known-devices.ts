import { limits, type UserId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import type { UserStore } from './users-port.ts';

export interface DeviceSecret {
  secret: string;
  /** The hash under which the device is stored and rate-limited. */
  hash: string;
}

/**
 * The devices on which an account has logged in before. Log-ins with the secret of such a device have a rate limit of
 * their own, so that strangers who guess the password do not lock the owner out. The secret alone does not
 * authenticate.
 */
export class KnownDevices {
  constructor(
    private readonly users: UserStore,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The first of the secrets that belongs to a device of this account; null when none does. */
  async known(username: string, secrets: readonly string[]): Promise<DeviceSecret | null> {
    if (secrets.length === 0) return null;
    const user = await this.users.byUsername(username);
    const given = secrets.map((secret) => ({ secret, hash: tokenHash(secret) }));
    // Also queried when there is no account, so that the answer takes as long.
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
