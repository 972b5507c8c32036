import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Unavailable } from '../../src/platform/failures.ts';
import { FollowerUnderTest } from './follower-under-test.ts';

describe('a follower', () => {
  let under: FollowerUnderTest;
  beforeEach(() => {
    under = new FollowerUnderTest();
  });
  afterEach(() => {
    // Calls that still hang are not awaited.
    under.beforeApplying = () => undefined;
  });

  const upToDate = () => under.until('everything is applied', () => under.applied.length === under.decided.length);

  test('applies every record once, in order, and several records together', async () => {
    await under.runner.start();
    const passes: number[] = [];
    under.beforeApplying = (seqs) => void passes.push(seqs.length);
    await under.until('it is built', () => under.rebuilds === 1);
    for (let count = 0; count < 50; count++) under.decide();
    await upToDate();
    expect(under.applied).toEqual(under.decided);
    expect(passes).toEqual([50]);
    expect(await under.runner.lag()).toEqual({ records: 0, seconds: 0 });
  });

  test('applies in batches, without lag, while new records arrive during every call', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    const passesAtMs: number[] = [];
    under.beforeApplying = () => {
      passesAtMs.push(under.clock.monotonicMs());
      if (passesAtMs.length < 20) under.decide();
    };
    under.decide();
    await under.until('twenty passes', () => passesAtMs.length === 20);
    const pauses = passesAtMs.slice(1).map((atMs, index) => atMs - (passesAtMs[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(250);
    await upToDate();
    expect((await under.runner.lag()).seconds).toBeLessThan(1);
  });

  test('that throws for one record sets it aside and applies the others', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    under.beforeApplying = (seqs) => {
      if (seqs.includes(3)) throw new Error('unknown kind');
    };
    under.decide(5);
    await under.until('it has passed all records', () => under.progress?.to === 5);
    expect(under.applied).toEqual([1, 2, 4, 5]);
    expect(under.aside).toEqual([
      { conversationId: 'c', seq: 3, revision: 0, kind: 'message', reason: 'unknown kind' },
    ]);
    expect([under.setAsideCounted, under.failures.length]).toEqual([1, 1]);
    under.decide();
    await under.until('it continues', () => under.applied.includes(6));
  });

  test('retries with backoff while a store is unavailable, and sets nothing aside', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    const triedAtMs: number[] = [];
    under.beforeApplying = () => {
      triedAtMs.push(under.clock.monotonicMs());
      if (triedAtMs.length < 6) throw new Unavailable('the store is unavailable');
    };
    under.decide(3);
    await upToDate();
    expect(under.applied).toEqual([1, 2, 3]);
    expect([triedAtMs.length, under.aside.length, under.failures.length]).toEqual([6, 0, 5]);
    const pauses = triedAtMs.slice(1).map((atMs, index) => atMs - (triedAtMs[index] ?? 0));
    expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0);
  });

  test('that hangs reports its lag, does not delay senders, and does not keep the process from stopping', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    let isHanging = false;
    under.beforeApplying = () => {
      isHanging = true;
      return new Promise(() => undefined);
    };
    under.decide(2);
    await under.until('it hangs', () => isHanging);
    under.decide(100);
    await under.until('a minute passes', () => under.clock.monotonicMs() > 60_000);
    const { records, seconds } = await under.runner.lag();
    expect(records).toBe(102);
    expect(seconds).toBeGreaterThan(50);
    let isStopped = false;
    void under.runner.stop().then(() => {
      isStopped = true;
    });
    await under.until('it is stopped', () => isStopped);
  });

  test('that starts after the feed dropped records builds from the stores and continues from there', async () => {
    under.decide(10, { isFed: false });
    under.decide(5);
    await under.runner.start();
    await upToDate();
    expect(under.applied).toEqual(under.decided);
    expect(under.rebuilds).toBe(1);
    under.decide(3, { isFed: false });
    under.decide(2);
    await upToDate();
    expect(under.applied).toEqual(under.decided);
    expect(under.rebuilds).toBe(2);
  });

  test('rebuilds when the last commands never reach the feed', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    under.decide(4, { isFed: false });
    await upToDate();
    expect(under.rebuilds).toBe(2);
  });

  test('counts a rebuild that repeated commands require, also when records are applied one by one', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    under.decide(3, { again: true });
    await upToDate();
    expect(under.applied).toEqual(under.decided);
    expect(under.rebuilds).toBe(2);
    under.beforeApplying = (seqs) => {
      if (seqs.includes(5)) throw new Error('entry 5 cannot be applied');
    };
    under.decide(2);
    under.decide(1, { again: true });
    await upToDate();
    expect(under.applied).toEqual(under.decided);
    expect([under.setAsideCounted, under.rebuilds]).toEqual([1, 3]);
  });

  test('that is reset builds again without new parts in the feed', async () => {
    under.decide(4);
    await under.runner.start();
    await upToDate();
    const { rebuilds } = under;
    under.progress = undefined;
    under.applied = [];
    await upToDate();
    expect(under.rebuilds).toBe(rebuilds + 1);
  });

  test('applies what is in the feed before it stops', async () => {
    await under.runner.start();
    await under.until('it is built', () => under.rebuilds === 1);
    under.decide(7);
    await under.runner.stop();
    expect(under.applied).toEqual(under.decided);
  });
});
