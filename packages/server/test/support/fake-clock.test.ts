import { expect, test } from 'bun:test';
import { FakeClock } from './fake-clock.ts';

test('stands still until it is advanced', () => {
  const clock = new FakeClock(1_000);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 0]);
  clock.advance(250);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_250, 250]);
});

test('runs timers in the order of their times, each at its time, including timers set meanwhile', () => {
  const clock = new FakeClock(0);
  const ran: [string, number][] = [];
  const note = (what: string) => ran.push([what, clock.nowMs()]);
  clock.after(30, () => note('late'));
  clock.every(20, () => note('interval'));
  clock.after(10, () => {
    note('early');
    clock.after(5, () => note('set meanwhile'));
    clock.after(100, () => note('not yet due'));
  });
  clock.advance(40);
  expect(ran).toEqual([
    ['early', 10],
    ['set meanwhile', 15],
    ['interval', 20],
    ['late', 30],
    ['interval', 40],
  ]);
});

test('does not run a cancelled timer, also if one due at the same time cancels it', () => {
  const clock = new FakeClock();
  const ran: string[] = [];
  clock.after(10, () => {
    ran.push('first');
    cancelSecond();
    stopInterval();
  });
  const cancelSecond = clock.after(10, () => ran.push('second'));
  const stopInterval = clock.every(10, () => ran.push('interval'));
  clock.advance(50);
  expect(ran).toEqual(['first']);
});

test('reports when a timer is set', async () => {
  const clock = new FakeClock();
  let told = false;
  const awaited = clock.untilAwaited().then(() => {
    told = true;
  });
  await Promise.resolve();
  expect(told).toBe(false);
  clock.after(1, () => undefined);
  await awaited;
  await clock.untilAwaited();
});
