import { expect, test } from 'bun:test';
import { type ClockJump, ClockJumps } from '../src/platform/clock-jumps.ts';
import { FakeClock } from './support/fake-clock.ts';

function watched() {
  const clock = new FakeClock();
  let wallMs = 0;
  const jumps: ClockJump[] = [];
  const watch = new ClockJumps(
    {
      nowMs: () => clock.nowMs() + wallMs,
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, run) => clock.after(delayMs, run),
      every: (intervalMs, run) => clock.every(intervalMs, run),
    },
    (jump) => jumps.push(jump),
  );
  const set = (byMs: number) => {
    wallMs += byMs;
  };
  return { clock, jumps, set, watch };
}

test('a clock that is set is reported once, with the difference and the time within which it happened', () => {
  const { clock, jumps, set } = watched();
  clock.advance(10_000);
  set(86_400_000);
  clock.advance(5_000);
  set(-86_400_000);
  clock.advance(5_000);
  expect(jumps).toEqual([
    { byMs: 86_400_000, withinMs: 1_000 },
    { byMs: -86_400_000, withinMs: 1_000 },
  ]);
});

test('a slewed clock is not a jump, and nothing is reported after the stop', () => {
  const { clock, jumps, set, watch } = watched();
  for (let second = 0; second < 20; second++) {
    set(-500);
    clock.advance(1_000);
  }
  expect(jumps).toEqual([]);
  watch.stop();
  set(-60_000);
  clock.advance(5_000);
  expect(jumps).toEqual([]);
});
