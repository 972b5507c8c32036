import { expect, test } from 'bun:test';
import { WorkBudget, WorkBudgets, workUnits } from '../../src/platform/work-budget.ts';
import { FakeClock } from '../support/fake-clock.ts';

const rate = { perSecond: 10, burst: 20 };

test('the burst is available at once, and used units return at the steady rate', () => {
  const clock = new FakeClock();
  const budget = new WorkBudget(rate, clock);
  const taken = () => {
    let count = 0;
    while (count < 1_000 && budget.take(1)) count++;
    return count;
  };
  expect(taken()).toBe(20);
  clock.advance(1_000);
  expect(taken()).toBe(10);
  clock.advance(60_000);
  expect(taken()).toBe(20);
});

test('work larger than the burst is done once, and paid back before the next', () => {
  const clock = new FakeClock();
  const budget = new WorkBudget(rate, clock);
  expect(budget.take(60)).toBe(true);
  clock.advance(4_000);
  expect(budget.take(1)).toBe(false);
  clock.advance(1);
  expect(budget.take(1)).toBe(true);
});

test('bytes cost units in addition to those of their request', () => {
  expect(workUnits(0)).toBe(1);
  expect(workUnits(64 * 1024)).toBe(17);
});

test('each key has a budget of its own, and takes no memory once it is full again', () => {
  const clock = new FakeClock();
  const budgets = new WorkBudgets(rate, clock);
  const first = budgets.of('a');
  expect(first.take(30)).toBe(true);
  expect(first.take(1)).toBe(false);
  expect(budgets.of('a')).toBe(first);
  expect(budgets.of('b').take(1)).toBe(true);
  clock.advance(60_000);
  expect(budgets.of('a')).not.toBe(first);
  budgets.stop();
});
