import type { UserId } from '@parley/protocol';
import type { KnownDevice } from '../../users/users-port.ts';

/** Known devices in memory; a part of the user store. */
export class MemoryDevices {
  private readonly devicesOf = new Map<UserId, KnownDevice[]>();

  async knownDevice(userId: UserId, secretHashes: readonly string[]): Promise<string | undefined> {
    return this.of(userId).find(({ secretHash }) => secretHashes.includes(secretHash))?.secretHash;
  }

  async keepDevice(device: KnownDevice, keepMax: number): Promise<void> {
    const others = this.of(device.userId).filter(({ secretHash }) => secretHash !== device.secretHash);
    const newest = others.sort((a, b) => b.usedAtMs - a.usedAtMs).slice(0, keepMax - 1);
    this.devicesOf.set(device.userId, [device, ...newest]);
  }

  async forgetDevice(userId: UserId, secretHash: string): Promise<void> {
    this.devicesOf.set(
      userId,
      this.of(userId).filter((device) => device.secretHash !== secretHash),
    );
  }

  async forgetDevices(userId: UserId, keep: readonly string[]): Promise<void> {
    this.devicesOf.set(
      userId,
      this.of(userId).filter((device) => keep.includes(device.secretHash)),
    );
  }

  private of(userId: UserId): KnownDevice[] {
    return this.devicesOf.get(userId) ?? [];
  }
}
