import { expect, test } from 'bun:test';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { GroupCommit } from '../../src/adapters/sqlite/group-commit.ts';
import { WriteProbe } from '../../src/adapters/sqlite/write-probe.ts';
import { FakeClock } from '../support/fake-clock.ts';

function probeUnderTest() {
  const clock = new FakeClock();
  const writes = new GroupCommit(openDatabase(':memory:'), { clock });
  let written = 0;
  const run = writes.run.bind(writes);
  writes.run = (write) => {
    written++;
    return run(write);
  };
  return { clock, probe: new WriteProbe(writes, clock), writes, written: () => written };
}

test('all who ask within a second share one write, also while it is under way', async () => {
  const { clock, probe, written } = probeUnderTest();
  await Promise.all(Array.from({ length: 50 }, () => probe.check()));
  clock.advance(999);
  await probe.check();
  expect(written()).toBe(1);
  clock.advance(1);
  await probe.check();
  expect(written()).toBe(2);
});

test('a write that lasts longer than a second is not joined by another', async () => {
  const { clock, probe, writes, written } = probeUnderTest();
  const first = probe.check();
  clock.advance(5_000);
  const second = probe.check();
  expect(written()).toBe(1);
  await Promise.all([first, second]);
  await writes.close();
  clock.advance(1_000);
  await expect(probe.check()).rejects.toThrow('closed');
});
