import { limits, type UserId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import type { UserStore } from './users-port.ts';

export interface DeviceSecret {
  secret: string;
  /** The hash under which the device is stored. */
  hash: string;
}

/** A device or an address from which the account has logged in before. */
export interface KnownOrigin {
  /** Identifies it for the rate limits. */
  key: string;
  /** The secret of the device; null when only the address is known. */
  device: DeviceSecret | null;
}

/**
 * The devices and addresses from which an account has logged in before. Log-ins from these have rate limits of their
 * own, so that strangers who guess the password do not lock the owner out. Neither authenticates.
 */
export class KnownDevices {
  constructor(
    private readonly users: UserStore,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * The first of the secrets that belongs to a device of this account, or else the address, if the account knows it;
   * null if it knows none of them. Makes the same queries when there is no account, so that the answer takes as long.
   */
  async known(username: string, secrets: readonly string[], address: string): Promise<KnownOrigin | null> {
    const user = await this.users.byUsername(username);
    const userId = user?.id ?? this.ids.uuid();
    const given = secrets.map((secret) => ({ secret, hash: tokenHash(secret) }));
    const [known, knownAddress] = await Promise.all([
      this.users.knownDevice(
        userId,
        given.map(({ hash }) => hash),
      ),
      this.users.knownDevice(userId, addressHashes(userId, address)),
    ]);
    const device = given.find(({ hash }) => hash === known) ?? null;
    const key = device?.hash ?? knownAddress;
    return key === undefined ? null : { key, device };
  }

  make(): DeviceSecret {
    const secret = this.ids.token();
    return { secret, hash: tokenHash(secret) };
  }

  /** Adds the device and the address, or records that they were used. */
  async keep(userId: UserId, { hash }: DeviceSecret, address: string | null): Promise<void> {
    const usedAtMs = this.clock.nowMs();
    for (const secretHash of [hash, ...addressHashes(userId, address)]) {
      await this.users.keepDevice({ userId, secretHash, usedAtMs }, originsPerUser);
    }
  }

  /** Removes what {@link keep} added. */
  async forget(userId: UserId, { hash }: DeviceSecret, address: string | null): Promise<void> {
    await Promise.all([hash, ...addressHashes(userId, address)].map((each) => this.users.forgetDevice(userId, each)));
  }

  /** Removes all devices and addresses of the user except these. */
  forgetOthers(userId: UserId, secrets: readonly string[], address: string | null): Promise<void> {
    return this.users.forgetDevices(userId, [...secrets.map(tokenHash), ...addressHashes(userId, address)]);
  }
}

/** Devices and addresses that an account keeps together. */
const originsPerUser = 2 * limits.knownDevicesPerUser;

/** The form in which an address is stored: equal addresses of two accounts have different hashes. */
function addressHashes(userId: UserId, address: string | null): string[] {
  return address === null ? [] : [tokenHash(`address ${userId} ${address}`)];
}
