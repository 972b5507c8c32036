import type { Feed, FeedPart, FeedReader } from '../feed/feed-port.ts';
import type { Clock } from '../platform/clock.ts';
import { Unavailable } from '../platform/failures.ts';
import { backOffMs, within } from '../platform/waiting.ts';
import type { Follower, FollowerStates, FreshRecords, Progress } from './follower.ts';
import type { FollowerMetrics } from './follower-metrics.ts';
import { freshRecords, needsBuilding } from './fresh-records.ts';

interface RunnerOptions {
  follower: Follower;
  feed: Feed;
  states: FollowerStates;
  clock: Clock;
  metrics: FollowerMetrics;
  reportFailure(error: unknown): void;
}

/** What is fed within this time is applied together, so that a follower costs a busy server little. */
const gatherMs = 250;
/** How often a follower that has nothing to do looks whether it is where the store is. */
const checkMs = 5_000;
/** After so many checks that find the store ahead of the feed, what the feed lacks is read from the store. */
const checksBehindMax = 6;
const retry = { firstMs: 250, mostMs: 30_000 };
/** A follower that hangs doesn't keep the process from stopping for longer. */
const stopMs = 5_000;

/**
 * Drives one follower: takes what is fed in batches, one at a time, and has it applied. What can't be applied now is
 * tried again, later each time; a record that fails for another reason is set aside.
 */
export class FollowerRunner {
  private reader: FeedReader | null = null;
  private isStopped = false;
  private cancel: (() => void) | null = null;
  private stopChecking: () => void = () => undefined;
  private running: Promise<void> | null = null;
  /** Something came while a pass was under way. */
  private hasMore = false;
  private isCheckDue = true;
  private failures = 0;
  /** By partition, where the follower stood while the store was ahead, and in how many checks. */
  private behind = new Map<number, { to: number; checks: number }>();
  private upToDateAtMs: number;

  constructor(private readonly options: RunnerOptions) {
    this.upToDateAtMs = options.clock.monotonicMs();
  }

  get name(): string {
    return this.options.follower.name;
  }

  /** Resolves once it reads the feed. */
  async start(): Promise<void> {
    const { feed, clock } = this.options;
    this.reader = await feed.open(this.name, () => this.passAfter(gatherMs));
    this.stopChecking = clock.every(checkMs, () => {
      this.isCheckDue = true;
      this.passAfter(0);
    });
    this.passAfter(0);
  }

  /** Applies what is fed until then, unless it fails or takes long, and stops. */
  async stop(): Promise<void> {
    this.stopChecking();
    this.cancel?.();
    this.isStopped = true;
    try {
      await within(this.options.clock, stopMs, this.finish());
    } catch (error) {
      this.options.reportFailure(error);
    }
    await this.reader?.close();
  }

  /** How far it is behind in the partitions of this process. Rejects with {@link Unavailable}. */
  async lag(): Promise<{ records: number; seconds: number }> {
    const known = await this.known([...(this.reader?.partitions ?? [])]);
    let records = 0;
    for (const { applied, decided } of known.values()) records += Math.max(0, decided.to - (applied?.to ?? 0));
    const seconds = records === 0 ? 0 : (this.options.clock.monotonicMs() - this.upToDateAtMs) / 1_000;
    return { records, seconds };
  }

  private async finish(): Promise<void> {
    await this.running;
    if (this.failures === 0) await this.work();
  }

  private passAfter(delayMs: number): void {
    if (this.isStopped || this.cancel !== null) return;
    if (this.running !== null) {
      this.hasMore = true;
      return;
    }
    this.cancel = this.options.clock.after(delayMs, () => {
      this.cancel = null;
      this.running = this.pass();
    });
  }

  private async pass(): Promise<void> {
    this.hasMore = false;
    let delayMs: number | null = null;
    try {
      const startedMs = this.options.clock.monotonicMs();
      const hasMore = await this.work();
      this.failures = 0;
      if (!hasMore) this.upToDateAtMs = startedMs;
      if (hasMore || this.hasMore) delayMs = hasMore ? 0 : gatherMs;
    } catch (error) {
      this.options.reportFailure(error);
      delayMs = backOffMs(this.failures++, retry);
    }
    this.running = null;
    if (delayMs !== null) this.passAfter(delayMs);
  }

  /** Resolves to whether there may be more to take at once. */
  private async work(): Promise<boolean> {
    if (!this.reader) return false;
    if (this.isCheckDue) await this.check(this.reader);
    const parts = await this.reader.take();
    if (parts.length === 0) return false;
    await this.applyAll(parts);
    this.reader.done();
    return true;
  }

  private async applyAll(parts: readonly FeedPart[]): Promise<void> {
    const partitions = [...new Set(parts.map(({ reach }) => reach.partition))];
    let plan = freshRecords(parts, await this.known(partitions), { isBuilt: false });
    if (plan.unbuilt.length > 0) {
      for (const partition of plan.unbuilt) await this.rebuild(partition);
      plan = freshRecords(parts, await this.known(partitions), { isBuilt: true });
      if (plan.unbuilt.length > 0) throw new Unavailable('the history changed while the follower was built from it');
    }
    if (plan.fresh.length === 0) return;
    try {
      await this.options.follower.apply(plan.fresh);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      for (const fresh of plan.fresh) await this.applyOneByOne(fresh);
    }
  }

  /** Applies the records of one partition each alone, and sets aside those that fail. */
  private async applyOneByOne({ change, epoch, records }: FreshRecords): Promise<void> {
    const { follower, states, metrics, reportFailure } = this.options;
    const { partition } = change;
    let { before } = change;
    for (const record of records) {
      const step = { partition, before, to: record.position + 1 };
      try {
        await follower.apply([{ change: step, epoch, records: [record] }]);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        const { conversationId, seq, revision, kind } = record;
        const reason = error instanceof Error ? error.message : String(error);
        await states.setAside(follower.name, step, { conversationId, seq, revision, kind, reason });
        metrics.setAside();
        const what = `follower ${follower.name} set entry ${seq} of conversation ${conversationId} aside`;
        reportFailure(new Error(`${what}: ${reason}`, { cause: error }));
      }
      before = { ...before, to: step.to };
    }
    if (change.to > before.to)
      await follower.apply([{ change: { partition, before, to: change.to }, epoch, records: [] }]);
  }

  /**
   * Builds what has to be, without waiting for something to be fed; also where the store has been ahead for a while
   * and nothing comes: a previous version decided that, and doesn't feed.
   */
  private async check({ partitions }: FeedReader): Promise<void> {
    const behind = new Map<number, { to: number; checks: number }>();
    for (const [partition, { applied, decided }] of await this.known([...partitions])) {
      if (!applied || needsBuilding({ applied, decided })) await this.rebuild(partition);
      else if (applied.to < decided.to) {
        const before = this.behind.get(partition);
        const checks = before?.to === applied.to ? before.checks + 1 : 1;
        if (checks > checksBehindMax) await this.rebuild(partition);
        else behind.set(partition, { to: applied.to, checks });
      }
    }
    this.behind = behind;
    await this.options.states.confirm(this.name, [...partitions]);
    this.isCheckDue = false;
  }

  private async rebuild(partition: number): Promise<void> {
    await this.options.follower.rebuild(partition);
    this.options.metrics.rebuilt();
  }

  private known(
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, { applied: Progress | undefined; decided: Progress }>> {
    return this.options.states.read(this.name, partitions);
  }
}
