import type { Argon2 } from '../../src/users/password-hashing.ts';

/** Replaces the slow hashing: counts the calls, and lets a test delay them. */
export class CountingArgon2 implements Argon2 {
  hashes = 0;
  verifications = 0;
  running = 0;
  mostAtOnce = 0;
  /** A call ends when this resolves; at once by default. */
  until: Promise<unknown> = Promise.resolve();

  async hash(password: string): Promise<string> {
    this.hashes++;
    await this.work();
    return `hash of ${password}`;
  }

  async verify(password: string, hash: string): Promise<boolean> {
    this.verifications++;
    await this.work();
    return hash === `hash of ${password}`;
  }

  private async work(): Promise<void> {
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    await this.until;
    this.running--;
  }
}
