import type { Clock } from './clock.ts';
import { featuresAt, firstLevel, supportedLevel } from './features.ts';

/**
 * The feature level of the store: what is of a higher one is not enabled. In a cluster the lowest of its servers. It
 * rises while processes run, and only falls when the store is restored. Rejects with {@link Unavailable}.
 */
export type ReadFeatureLevel = () => Promise<number>;

/** While the store has a lower level than this program, it is asked this often. */
const intervalMs = 1_000;

/** What of this program's features is enabled by the store. */
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

  /** Resolves when the level is known. From then on a higher one is known a second later. */
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
