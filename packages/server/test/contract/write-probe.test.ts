import { expect, test } from 'bun:test';
import type { Sql } from '../../src/adapters/postgres/pool.ts';
import { WriteProbe } from '../../src/adapters/postgres/write-probe.ts';
import { Unavailable } from '../../src/platform/failures.ts';

/** Servers that record when they are written. */
class ServersUnderTest {
  readonly written: number[] = [];
  readonly failing = new Set<number>();

  constructor(readonly serverCount: number) {}

  onServer<Result>(index: number, statement: (sql: Sql) => PromiseLike<Result>): Promise<Result> {
    this.written.push(index);
    if (this.failing.has(index)) return Promise.reject(new Unavailable(`server ${index} does not answer`));
    // The probe uses nothing of the driver but its tag, and of the answer only whether the server is read-only.
    return Promise.resolve(statement((() => Promise.resolve([{ read_only: false }])) as unknown as Sql));
  }

  takeWritten(): number[] {
    return this.written.splice(0);
  }
}

test('after the first check, each check writes to one server, however many there are', async () => {
  for (const serverCount of [1, 2, 8]) {
    const servers = new ServersUnderTest(serverCount);
    const probe = new WriteProbe(servers);
    await probe.check();
    expect(servers.takeWritten()).toHaveLength(serverCount);
    for (let check = 0; check < 2 * serverCount; check++) {
      await probe.check();
      expect(servers.written).toHaveLength(check + 1);
    }
    // Each in turn.
    expect(servers.takeWritten().toSorted()).toEqual(Array.from({ length: 2 * serverCount }, (_, index) => index >> 1));
  }
});

test('a server that fails is found in its turn, checked each time, and fails all checks until it can be written', async () => {
  const servers = new ServersUnderTest(3);
  const probe = new WriteProbe(servers);
  await probe.check();
  servers.failing.add(2);
  const outcomes: string[] = [];
  for (let check = 0; check < 5; check++) {
    outcomes.push(await probe.check().then(() => 'ok', String));
  }
  expect(outcomes).toEqual(['ok', ...Array(4).fill(expect.stringContaining('server 2 does not answer'))]);
  servers.failing.clear();
  await probe.check();
});
