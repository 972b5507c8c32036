import type { Feed, FeedPart, FeedReader } from '../feed/feed-port.ts';
import type { Clock } from '../platform/clock.ts';
import { Unavailable } from '../platform/failures.ts';
import { backOffMs, pause, within } from '../platform/waiting.ts';
import type { Follower, FollowerStates, FreshRecords } from './follower.ts';
import type { FollowerMetrics } from './follower-metrics.ts';
import { freshRecords, type Known, needsBuilding } from './fresh-records.ts';

interface RunnerOptions {
  follower: Follower;
  feed: Feed;
  states: FollowerStates;
  clock: Clock;
  metrics: FollowerMetrics;
  reportFailure(error: unknown): void;
  /** For the backoff. Default: `Math.random`. */
  random?(): number;
}

/** Parts that arrive within this time are applied together, which reduces the load on a busy server. */
const gatherMs = 250;
/** How often an idle follower compares its position with that of the store. */
const checkMs = 5_000;
/** If the store is ahead of an unchanged follower in more checks than this, the follower rebuilds from the store. */
const checksBehindMax = 6;
/** Short, because the backoff also delays the partitions that do not fail. */
const retry = { firstMs: 250, mostMs: 5_000 };
/** How long a hanging follower can delay the stop of the process. */
const stopMs = 5_000;

export interface FollowerLag {
  records: number;
  seconds: number;
}

/** By partition, the error that kept it from being read, built or applied in this pass. */
type FailedPartitions = Map<number, unknown>;

/**
 * Runs one follower: reads batches from the feed and passes them to the follower, one at a time. Retries with backoff
 * while a store is unavailable, and sets aside records that fail for another reason. A partition that fails does not
 * block the others.
 */
export class FollowerRunner {
  private reader: FeedReader | null = null;
  private isStopped = false;
  private cancel: (() => void) | null = null;
  private stopChecking: () => void = () => undefined;
  private running: Promise<void> | null = null;
  /** The feed called `wake` during the current pass. */
  private hasMore = false;
  private isCheckDue = true;
  private failures = 0;
  /** By partition, the follower's position while the store is ahead, and how many checks have found it there. */
  private behind = new Map<number, { to: number; checks: number }>();
  private upToDateAtMs: number;
  private lagRecords = 0;
  private opening: Promise<void> = Promise.resolve();

  constructor(private readonly options: RunnerOptions) {
    this.upToDateAtMs = options.clock.monotonicMs();
  }

  get name(): string {
    return this.options.follower.name;
  }

  /** Opens the feed, with retries. Resolves when the feed is open or the runner is stopped. Never rejects. */
  start(): Promise<void> {
    this.opening = this.open();
    return this.opening;
  }

  /** Applies the parts that are already in the feed, unless that fails or times out, and stops. */
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

  /** Reads the lag in the partitions of this process. If a store fails, the number of records does not decrease. */
  async lag(): Promise<FollowerLag> {
    const failed: FailedPartitions = new Map();
    const known = await this.known([...(this.reader?.partitions ?? [])], failed);
    let records = 0;
    for (const { applied, decided } of known.values()) records += Math.max(0, decided.to - (applied?.to ?? 0));
    this.lagRecords = failed.size === 0 ? records : Math.max(records, this.lagRecords);
    return this.lastLag();
  }

  /** The records that {@link lag} last read, with the current seconds, which grow while the stores are unavailable. */
  lastLag(): FollowerLag {
    const isBehind = this.lagRecords > 0 || this.failures > 0;
    const seconds = isBehind ? (this.options.clock.monotonicMs() - this.upToDateAtMs) / 1_000 : 0;
    return { records: this.lagRecords, seconds };
  }

  private async open(): Promise<void> {
    const { feed, clock, reportFailure, random } = this.options;
    for (let failures = 0; this.reader === null; failures++) {
      try {
        const reader = await feed.open(this.name, () => this.passAfter(gatherMs));
        // `stop` does not wait for a feed that takes long to open, so it is closed here.
        if (this.isStopped) await reader.close();
        else this.reader = reader;
      } catch (error) {
        reportFailure(error);
        await pause(clock, backOffMs(failures, retry, random));
      }
      if (this.isStopped) return;
    }
    this.stopChecking = clock.every(checkMs, () => {
      this.isCheckDue = true;
      this.passAfter(0);
    });
    this.passAfter(0);
  }

  private async finish(): Promise<void> {
    await this.opening;
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
      delayMs = backOffMs(this.failures++, retry, this.options.random);
    }
    this.running = null;
    if (delayMs !== null) this.passAfter(delayMs);
  }

  /**
   * Applies the available parts. Resolves to whether the feed has more parts now. Rejects if a partition failed, after
   * it has applied the others.
   */
  private async work(): Promise<boolean> {
    const { reader } = this;
    if (!reader) return false;
    const failed: FailedPartitions = new Map();
    if (this.isCheckDue) await this.check(reader, failed);
    const parts = (await reader.take()).filter(({ reach }) => !failed.has(reach.partition));
    if (parts.length > 0) await this.applyAll(parts, failed);
    reader.done(new Set(parts.map(({ reach }) => reach.partition).filter((partition) => !failed.has(partition))));
    for (const error of failed.values()) throw error;
    return reader.hasMore;
  }

  private async applyAll(parts: readonly FeedPart[], failed: FailedPartitions): Promise<void> {
    const partitions = [...new Set(parts.map(({ reach }) => reach.partition))];
    const plan = freshRecords(parts, await this.known(partitions, failed), { isBuilt: false });
    if (plan.unbuilt.length > 0) {
      for (const partition of plan.unbuilt) await this.rebuild(partition, failed);
      const ofBuilt = parts.filter(
        ({ reach }) => plan.unbuilt.includes(reach.partition) && !failed.has(reach.partition),
      );
      const built = freshRecords(ofBuilt, await this.known(plan.unbuilt, failed), { isBuilt: true });
      const changed = new Unavailable('the epoch or command log changed while the follower was rebuilding');
      for (const partition of built.unbuilt) failed.set(partition, changed);
      plan.fresh.push(...built.fresh);
    }
    await togetherOrAlone(
      plan.fresh,
      (some) => this.apply(some, failed),
      (fresh, error) => this.couldNotApply(fresh, error, failed),
    );
  }

  /** Also rebuilds the partitions that the records can't update. Resolves to whether there were any. */
  private async apply(fresh: readonly FreshRecords[], failed: FailedPartitions): Promise<boolean> {
    const unbuilt = await this.options.follower.apply(fresh);
    for (const partition of unbuilt) await this.rebuild(partition, failed);
    return unbuilt.length > 0;
  }

  private async couldNotApply(fresh: FreshRecords, error: unknown, failed: FailedPartitions): Promise<void> {
    const { partition } = fresh.change;
    if (error instanceof Unavailable) failed.set(partition, error);
    else await this.applyOneByOne(fresh, failed).catch((cause: unknown) => failed.set(partition, cause));
  }

  /** Applies the records of one partition one by one, up to a rebuild, and sets aside those that fail. */
  private async applyOneByOne({ change, epoch, records }: FreshRecords, failed: FailedPartitions): Promise<void> {
    const { follower, states, metrics, reportFailure } = this.options;
    const { partition } = change;
    let { before } = change;
    for (const record of records) {
      const step = { partition, before, to: record.position + 1 };
      try {
        if (await this.apply([{ change: step, epoch, records: [record] }], failed)) return;
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        const { conversationId, seq, revision, kind } = record;
        const reason = error instanceof Error ? error.message : String(error);
        await states.setAside(follower.name, step, { conversationId, seq, revision, kind, reason });
        metrics.setAside();
        const what = `follower ${follower.name} set aside entry ${seq} of conversation ${conversationId}`;
        reportFailure(new Error(`${what}: ${reason}`, { cause: error }));
      }
      before = { ...before, to: step.to };
    }
    if (change.to > before.to)
      await this.apply([{ change: { partition, before, to: change.to }, epoch, records: [] }], failed);
  }

  /**
   * Builds the partitions that need it, without waiting for new parts. Also rebuilds a partition whose store has been
   * ahead for a while without new parts: a previous version, which does not write to the feed, processed the commands.
   */
  private async check({ partitions }: FeedReader, failed: FailedPartitions): Promise<void> {
    const { states } = this.options;
    const behind = new Map<number, { to: number; checks: number }>();
    const known = await this.known([...partitions], failed);
    for (const [partition, { applied, decided }] of known) {
      if (!applied || needsBuilding({ applied, decided })) await this.rebuild(partition, failed);
      else if (applied.to < decided.to) {
        const before = this.behind.get(partition);
        const checks = before?.to === applied.to ? before.checks + 1 : 1;
        if (checks > checksBehindMax) await this.rebuild(partition, failed);
        else behind.set(partition, { to: applied.to, checks });
      }
    }
    this.behind = behind;
    this.isCheckDue = false;
    const confirmed = [...known.keys()].filter((partition) => !failed.has(partition));
    await togetherOrAlone(
      confirmed,
      (some) => states.confirm(this.name, some),
      (partition, error) => failed.set(partition, error),
    );
  }

  private async rebuild(partition: number, failed: FailedPartitions): Promise<void> {
    try {
      await this.options.follower.rebuild(partition);
      this.options.metrics.rebuilt();
    } catch (error) {
      failed.set(partition, error);
    }
  }

  /** Reads the progress of the partitions. Adds those whose store fails to `failed`. */
  private async known(partitions: readonly number[], failed: FailedPartitions): Promise<Map<number, Known>> {
    const known = new Map<number, Known>();
    const read = async (some: readonly number[]) => {
      for (const [partition, progress] of await this.options.states.read(this.name, some))
        known.set(partition, progress);
    };
    await togetherOrAlone(partitions, read, (partition, error) => failed.set(partition, error));
    return known;
  }
}

/** Runs the work for all items at once. If that fails, runs it for each item alone: maybe only one store failed. */
async function togetherOrAlone<Item>(
  items: readonly Item[],
  work: (some: readonly Item[]) => Promise<unknown>,
  failed: (item: Item, error: unknown) => unknown,
): Promise<void> {
  const [together] = items.length > 1 ? await Promise.allSettled([work(items)]) : [];
  if (together?.status === 'fulfilled') return;
  await Promise.all(items.map((item) => work([item]).catch((error: unknown) => failed(item, error))));
}
