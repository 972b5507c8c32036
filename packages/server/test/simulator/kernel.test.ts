import { describe, expect, test } from 'bun:test';
import { clockOf, Kernel } from './kernel.ts';
import type { Owner } from './owner.ts';
import { Random } from './random.ts';

const owner = (name: string): Owner => ({ name, state: 'running' });

describe('the kernel', () => {
  test('runs events in the order of their time, and those of one time in the order in which they were added', async () => {
    const kernel = new Kernel();
    const random = new Random('order');
    const expected: { dueMs: number; index: number }[] = [];
    const happened: number[] = [];
    for (let index = 0; index < 500; index++) {
      const dueMs = random.whole(0, 50);
      expected.push({ dueMs, index });
      kernel.at(dueMs, owner('one'), 'event', () => happened.push(index));
    }
    await kernel.pass(50);
    expected.sort((one, other) => one.dueMs - other.dueMs || one.index - other.index);
    expect(happened).toEqual(expected.map(({ index }) => index));
  });

  test('lets everything that settled promises cause happen before the next event', async () => {
    const kernel = new Kernel();
    const happened: string[] = [];
    kernel.at(1, owner('one'), 'first', async () => {
      for (let step = 0; step < 20; step++) await null;
      happened.push('first');
    });
    kernel.at(1, owner('one'), 'second', () => happened.push('second'));
    await kernel.pass(1);
    expect(happened).toEqual(['first', 'second']);
  });

  test('holds the events of a paused owner back, and drops those of a dead or cancelled one', async () => {
    const kernel = new Kernel();
    const [paused, dead, other] = [owner('paused'), owner('dead'), owner('other')];
    const happened: string[] = [];
    for (const each of [paused, dead, other]) kernel.at(1, each, 'event', () => happened.push(each.name));
    kernel.at(2, paused, 'event', () => happened.push('later'));
    kernel.at(1, other, 'event', () => happened.push('cancelled'))();
    kernel.pause(paused);
    kernel.kill(dead);
    await kernel.pass(5);
    expect(happened).toEqual(['other']);
    kernel.resume(paused);
    await kernel.pass(5);
    expect(happened).toEqual(['other', 'paused', 'later']);
  });

  test('runs no event of a resumed owner that was cancelled after it was held back', async () => {
    const kernel = new Kernel();
    const paused = owner('paused');
    const clock = clockOf(kernel, paused);
    const happened: string[] = [];
    let cancels: (() => void)[] = [];
    kernel.at(1, paused, 'first', () => {
      happened.push('first');
      for (const cancel of cancels) cancel();
    });
    cancels = [clock.after(1, () => happened.push('second')), clock.every(1, () => happened.push('repeated'))];
    kernel.pause(paused);
    await kernel.pass(5);
    kernel.resume(paused);
    await kernel.pass(5);
    expect(happened).toEqual(['first']);
  });

  test('has clocks whose wall time is off and whose durations are right', async () => {
    const kernel = new Kernel();
    let offsetMs = 0;
    const clock = clockOf(kernel, owner('one'), () => offsetMs);
    const [wallMs, startedMs] = [clock.nowMs(), clock.monotonicMs()];
    const ticks: number[] = [];
    const stop = clock.every(10, () => ticks.push(clock.monotonicMs() - startedMs));
    offsetMs = -60_000;
    await kernel.pass(35);
    stop();
    await kernel.pass(35);
    expect(ticks).toEqual([10, 20, 30]);
    expect(clock.nowMs() - wallMs).toBe(70 - 60_000);
  });
});
