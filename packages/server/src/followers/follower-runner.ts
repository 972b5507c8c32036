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
}

/** What is fed within this time is applied together, so that a follower costs a busy server little. */
const gatherMs = 250;
/** How often a follower that has nothing to do looks whether it is where the store is. */
const checkMs = 5_000;
/** After so many checks that find the store ahead of the feed, what the feed lacks is read from the store. */
const checksBehindMax = 6;
/** Short, as it delays the partitions too that do not fail. */
const retry = { firstMs: 250, mostMs: 5_000 };
/** A follower that hangs doesn't keep the process from stopping for longer. */
const stopMs = 5_000;

export interface FollowerLag {
  records: number;
  seconds: number;
}

/** Why a partition was not read, built or applied in this pass. */
type FailedPartitions = Map<number, unknown>;

/**
 * Drives one follower: takes what is fed in batches, one at a time, and has it applied. What can't be applied now is
 * tried again, later each time; a record that fails for another reason is set aside. A partition that fails does not hold
 * up the others.
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
  private lagRecords = 0;
  private opening: Promise<void> = Promise.resolve();

  constructor(private readonly options: RunnerOptions) {
    this.upToDateAtMs = options.clock.monotonicMs();
  }

  get name(): string {
    return this.options.follower.name;
  }

  /** Resolves when it reads the feed. While the feed cannot be opened, tries again. Never rejects. */
  start(): Promise<void> {
    this.opening = this.open();
    return this.opening;
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
  async lag(): Promise<FollowerLag> {
    const failed: FailedPartitions = new Map();
    const known = await this.known([...(this.reader?.partitions ?? [])], failed);
    let records = 0;
    for (const { applied, decided } of known.values()) records += Math.max(0, decided.to - (applied?.to ?? 0));
    this.lagRecords = failed.size === 0 ? records : Math.max(records, this.lagRecords);
    return this.lastLag();
  }

  /** The lag as it was last read, with the seconds of now: they grow while the stores are unavailable. */
  lastLag(): FollowerLag {
    const isBehind = this.lagRecords > 0 || this.failures > 0;
    const seconds = isBehind ? (this.options.clock.monotonicMs() - this.upToDateAtMs) / 1_000 : 0;
    return { records: this.lagRecords, seconds };
  }

  private async open(): Promise<void> {
    const { feed, clock, reportFailure } = this.options;
    for (let failures = 0; this.reader === null; failures++) {
      try {
        this.reader = await feed.open(this.name, () => this.passAfter(gatherMs));
      } catch (error) {
        reportFailure(error);
        await pause(clock, backOffMs(failures, retry));
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
      delayMs = backOffMs(this.failures++, retry);
    }
    this.running = null;
    if (delayMs !== null) this.passAfter(delayMs);
  }

  /**
   * Applies what can be applied now. Resolves to whether there is more to take at once. Rejects when it failed for one of
   * the partitions; the others are applied.
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
      const changed = new Unavailable('the history changed while the follower was built from it');
      for (const partition of built.unbuilt) failed.set(partition, changed);
      plan.fresh.push(...built.fresh);
    }
    await togetherOrAlone(
      plan.fresh,
      (some) => this.options.follower.apply(some),
      (fresh, error) => this.couldNotApply(fresh, error, failed),
    );
  }

  private async couldNotApply(fresh: FreshRecords, error: unknown, failed: FailedPartitions): Promise<void> {
    const { partition } = fresh.change;
    if (error instanceof Unavailable) failed.set(partition, error);
    else await this.applyOneByOne(fresh).catch((cause: unknown) => failed.set(partition, cause));
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
   * Builds partitions that have to be built, without waiting for something to be fed; also where the store has been
   * ahead for a while and nothing is fed: a previous version decided that, and does not feed.
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

  /** What is known of those of the partitions whose store answers. */
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

/** Does the work for all items together; if that fails, for each alone: one store may have failed for all. */
async function togetherOrAlone<Item>(
  items: readonly Item[],
  work: (some: readonly Item[]) => Promise<void>,
  failed: (item: Item, error: unknown) => unknown,
): Promise<void> {
  if (items.length > 1) {
    try {
      return await work(items);
    } catch {
      // What failed, and why, shows below.
    }
  }
  await Promise.all(items.map((item) => work([item]).catch((error: unknown) => failed(item, error))));
}
