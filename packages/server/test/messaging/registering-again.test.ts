import { expect, test } from 'bun:test';
import { RegisteringAgain } from '../../src/messaging/registering-again.ts';
import { Unavailable } from '../../src/platform/failures.ts';

/** So many registrations. Those in `failing` reject. */
function registrationsOf(count: number, failing: Set<number> = new Set()) {
  const calls: number[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const registrations = Array.from({ length: count }, (_, number) => ({
    key: String(number),
    async register() {
      calls.push(number);
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      await Promise.resolve();
      underWay--;
      if (failing.has(number)) throw new Unavailable('the registry is unavailable');
    },
  }));
  return { registrations, calls, mostUnderWay: () => mostUnderWay };
}

const keep = async () => undefined;

test('everything is registered, with a bounded number of calls at a time', async () => {
  const { registrations, calls, mostUnderWay } = registrationsOf(1_050);
  let keeps = 0;
  await new RegisteringAgain().run(registrations, async () => {
    keeps++;
  });
  expect(calls).toEqual(Array.from({ length: 1_050 }, (_, number) => number));
  expect(mostUnderWay()).toBe(100);
  expect(keeps).toBe(11);
});

test('an attempt after one that failed goes on where that stopped', async () => {
  const failing = new Set([250]);
  const { registrations, calls } = registrationsOf(400, failing);
  const again = new RegisteringAgain();
  await expect(again.run(registrations, keep)).rejects.toThrow(Unavailable);
  expect(calls).toHaveLength(300);
  failing.clear();
  calls.length = 0;
  await again.run(registrations, keep);
  expect(calls).toEqual([250, ...Array.from({ length: 100 }, (_, index) => 300 + index)]);
});

test('an attempt under a lease that was acquired anew begins from the start', async () => {
  const { registrations, calls } = registrationsOf(150);
  const again = new RegisteringAgain();
  await again.run(registrations, keep);
  again.reset();
  await again.run(registrations, keep);
  expect(calls).toHaveLength(300);
});

test('nothing more is registered when the lease expired meanwhile', async () => {
  const { registrations, calls } = registrationsOf(150);
  const expired = async () => {
    throw new Unavailable('the lease expired');
  };
  await expect(new RegisteringAgain().run(registrations, expired)).rejects.toThrow(Unavailable);
  expect(calls).toHaveLength(100);
});
