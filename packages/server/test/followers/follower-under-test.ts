import { type Feed, type FeedPart, takeMax } from '../../src/feed/feed-port.ts';
import type {
  Follower,
  FollowerStates,
  Progress,
  ProgressChange,
  SetAsideRecord,
} from '../../src/followers/follower.ts';
import { FollowerRunner } from '../../src/followers/follower-runner.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { letTimePassUntil } from './let-time-pass.ts';

const partition = 0;

/** A runner with an in-memory feed and follower. A test can fail or delay the follower's calls of `apply`. */
export class FollowerUnderTest {
  readonly clock = new FakeClock();
  readonly failures: unknown[] = [];
  readonly aside: SetAsideRecord[] = [];
  /** The applied seqs, in order. A rebuild sets it to all seqs so far. */
  applied: number[] = [];
  rebuilds = 0;
  setAsideCounted = 0;
  /** Called before records are applied. */
  beforeApplying: (seqs: readonly number[]) => void | Promise<void> = () => undefined;
  /** Called before the feed is opened. */
  beforeOpening: () => void = () => undefined;
  progress: Progress | undefined;
  private readonly parts: FeedPart[] = [];
  private decidedTo = 0;
  private wake: () => void = () => undefined;
  private done = 0;
  private taken = 0;
  readonly runner: FollowerRunner;

  /** @param options the random numbers of the backoff. */
  constructor(options: { random?(): number } = {}) {
    this.runner = new FollowerRunner({
      ...{ follower: this.follower, feed: this.feed, states: this.states, clock: this.clock },
      metrics: { setAside: () => this.setAsideCounted++, rebuilt: () => this.rebuilds++ },
      reportFailure: (error) => this.failures.push(error),
      ...options,
    });
  }

  /** Adds records to the store and the feed. Like a sender, it does not wait for the follower. */
  decide(count = 1, { isFed = true, again = false } = {}): void {
    const from = this.decidedTo;
    this.decidedTo += count;
    const records = Array.from({ length: count }, (_, index) => {
      const position = from + index;
      return { conversationId: 'c', seq: position + 1, revision: 0, kind: 'message', position, again };
    });
    if (!isFed) return;
    this.parts.push({ reach: { partition, logId: 'log', from, to: this.decidedTo }, epoch: 'e', records });
    this.wake();
  }

  get decided(): number[] {
    return Array.from({ length: this.decidedTo }, (_, index) => index + 1);
  }

  /** Advances the clock until the condition holds. Throws with `what` if it never does. */
  until(what: string, isSo: () => boolean): Promise<void> {
    return letTimePassUntil(this.clock, what, isSo);
  }

  private get follower(): Follower {
    return {
      name: 'under-test',
      apply: async (fresh) => {
        const seqs = fresh.flatMap(({ records }) => records.map(({ seq }) => seq));
        await this.beforeApplying(seqs);
        if (fresh.some(({ records }) => records.some(({ again }) => again))) return [partition];
        for (const { change } of fresh) this.move(change);
        this.applied.push(...seqs);
        return [];
      },
      rebuild: async () => {
        this.applied = this.decided;
        this.progress = this.storeProgress;
      },
    };
  }

  private get storeProgress(): Progress {
    return { epoch: 'e', logId: 'log', to: this.decidedTo };
  }

  private move({ before, to }: ProgressChange): void {
    if (this.progress?.to !== before.to) throw new Unavailable('the progress has changed');
    this.progress = { ...before, to };
  }

  private get feed(): Feed {
    return {
      open: async (_follower, wake) => {
        this.beforeOpening();
        this.wake = wake;
        return {
          partitions: new Set([partition]),
          take: async () => {
            const parts = this.parts.slice(this.done, this.done + takeMax);
            this.taken = this.done + parts.length;
            return parts;
          },
          hasMore: false,
          done: (partitions) => {
            if (partitions.has(partition)) this.done = this.taken;
          },
          close: async () => undefined,
        };
      },
    };
  }

  private get states(): FollowerStates {
    return {
      read: async () => new Map([[partition, { applied: this.progress, decided: this.storeProgress }]]),
      setAside: async (_follower, change, record) => {
        this.move(change);
        this.aside.push(record);
      },
      confirm: async () => undefined,
      report: () => Promise.reject(new Error('not used')),
      reset: async () => {
        this.progress = undefined;
      },
    };
  }
}
