import type { Clock } from './clock.ts';
import { Refusal } from './failures.ts';
import { featuresAt, firstLevel, supportedLevel } from './features.ts';

/**
 * Reads the feature level of the store; in a cluster, the lowest of its servers. Features of a higher level are not
 * enabled. The level rises while processes run, and falls only when the store is restored. Rejects with {@link
 * Unavailable}.
 */
export type ReadFeatureLevel = () => Promise<number>;

/** The interval at which the level is read while the store has a lower one than this program. */
const intervalMs = 1_000;

/** Throws {@link Refusal} `feature_not_enabled` unless the store enables features of this level. */
export function confirmEnabled(needed: number, { level }: Pick<EnabledFeatures, 'level'>): void {
  if (needed <= level) return;
  throw new Refusal(
    'feature_not_enabled',
    `This needs feature level ${needed}, and the server is at ${level}: its operator has not enabled it yet.`,
  );
}

/** The features of this program that the store enables. */
export class EnabledFeatures {
  private current = firstLevel;
  private ofLevel: readonly string[] = featuresAt(firstLevel);
  private cancel: () => void = () => undefined;

  constructor(
    private readonly read: ReadFeatureLevel,
    private readonly clock: Pick<Clock, 'after'>,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** At most the level that this program supports. */
  get level(): number {
    return this.current;
  }

  /** The names of the enabled features; the same array for as long as they are the same. */
  get names(): readonly string[] {
    return this.ofLevel;
  }

  /** Resolves when the level is known. A higher level is noticed within about a second from then on. */
  async start(): Promise<void> {
    this.rise(await this.read());
    this.askAgain();
  }

  stop(): void {
    this.cancel();
    this.cancel = () => undefined;
  }

  private rise(level: number): void {
    const enabled = Math.min(level, supportedLevel());
    if (enabled <= this.current) return;
    this.current = enabled;
    this.ofLevel = featuresAt(enabled);
  }

  private askAgain(): void {
    if (this.current >= supportedLevel()) return;
    this.cancel = this.clock.after(intervalMs, () => {
      const { cancel } = this;
      this.read()
        .then((level) => this.rise(level), this.reportFailure)
        .finally(() => {
          if (this.cancel === cancel) this.askAgain();
        });
    });
  }
}
