import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { fuzzed } from '../../packages/server/test/fuzz/parameters.ts';
import { assumptions } from '../capacity/assumptions.ts';
import { type Capacity, capacityOf } from '../capacity/capacity.ts';
import { documentedCapacity, documentFile } from '../capacity/command.ts';
import { documentOf } from '../capacity/document.ts';
import { type Load, loadOf, loadOptions } from '../capacity/load.ts';
import { readMeasured } from '../capacity/measure.ts';
import { measurements } from '../capacity/measurements.ts';
import { atPeerSize, peer } from '../capacity/peer.ts';
import { type UnitName, type Units, unitNames } from '../capacity/units.ts';
import { BadRequest, Parameters } from '../scenario.ts';

const defaults = Object.fromEntries(Object.entries(loadOptions).map(([name, { default: value }]) => [name, value]));

function loadWith(given: Record<string, string> = {}): Load {
  return loadOf(new Parameters({ ...defaults, ...given }));
}

/** Costs of any machine: processor time up to 5 ms, sizes up to a megabyte. */
const anyUnits: fc.Arbitrary<Units> = fc
  .tuple(...unitNames.map((name) => fc.double({ min: 0.1, max: name.endsWith('Bytes') ? 1e6 : 5_000, noNaN: true })))
  .map((values) => Object.fromEntries(unitNames.map((name, index) => [name, values[index]])) as unknown as Units);

const anyLoad: fc.Arbitrary<Load> = fc
  .record({
    messages: fc.integer({ min: 1, max: 1_000_000 }),
    online: fc.integer({ min: 1, max: 10_000_000 }),
    recipients: fc.double({ min: 1, max: 256, noNaN: true }),
    members: fc.integer({ min: 2, max: 500_000 }),
    textBytes: fc.integer({ min: 1, max: 40_000 }),
    watched: fc.integer({ min: 0, max: 500 }),
    retentionDays: fc.integer({ min: 1, max: 3_650 }),
    peakFactor: fc.double({ min: 1, max: 100, noNaN: true }),
    utilisation: fc.integer({ min: 10, max: 90 }).map((percent) => percent / 100),
  })
  .map((varied) => ({ ...loadWith(), ...varied, dailyUsers: varied.online * 2 }));

const machines = ({ parts }: Capacity) => Object.values(parts).map((part) => part.machines);

describe('the capacity for a load', () => {
  test('has machines for each role and service, of which some may fail', () => {
    fc.assert(
      fc.property(anyUnits, anyLoad, (units, load) => {
        for (const part of Object.values(capacityOf(units, load).parts)) {
          expect(part.processes).toBeGreaterThanOrEqual(1);
          expect(part.spareMachines).toBeGreaterThanOrEqual(1);
          expect(part.machines).toBeGreaterThan(part.spareMachines);
          for (const figure of Object.values(part)) if (typeof figure === 'number') expect(figure).toBeFinite();
        }
      }),
      fuzzed(100),
    );
  });

  test('uses no more of a core, a disk or a connection limit than the utilisation allows, also without spare machines', () => {
    fc.assert(
      fc.property(anyUnits, anyLoad, (units, load) => {
        const { parts } = capacityOf(units, load);
        const { edge, distributor, follower, PostgreSQL, Kafka, Redis, HAProxy } = parts;
        const isWithin = (used: number, of: number) => expect(used / of).toBeLessThanOrEqual(load.utilisation + 1e-9);
        for (const { busyCores, processes } of [edge, distributor, follower]) isWithin(busyCores, processes);
        for (const { busyCores, machines: all, spareMachines } of [PostgreSQL, Kafka, HAProxy]) {
          isWithin(busyCores, (all - spareMachines) * load.machineCores);
        }
        isWithin(
          Redis.busyCores - (Redis.processes * edge.processes * assumptions.redisEdgeUs.value) / 1e6,
          Redis.processes,
        );
        isWithin(PostgreSQL.diskTB, PostgreSQL.machines * load.diskTB);
        isWithin(Kafka.diskTB, (Kafka.machines - Kafka.spareMachines) * load.diskTB);
        isWithin(load.online, edge.processes * load.connectionsPerEdge);
        isWithin(load.online, HAProxy.processes * load.connectionsPerProxy);
      }),
      fuzzed(100),
    );
  });

  test('never falls when the load rises', () => {
    const rising = fc.constantFrom(
      'messages',
      'online',
      'recipients',
      'textBytes',
      'watched',
      'retentionDays',
      'members',
    );
    fc.assert(
      fc.property(anyUnits, anyLoad, rising, fc.integer({ min: 2, max: 10 }), (units, load, field, factor) => {
        const more = { ...load, [field]: load[field] * factor };
        const [least, most] = [capacityOf(units, load), capacityOf(units, more)];
        for (const [index, count] of machines(least).entries()) {
          expect(machines(most)[index] ?? 0).toBeGreaterThanOrEqual(count);
        }
        expect(most.cost.total).toBeGreaterThanOrEqual(least.cost.total);
      }),
      fuzzed(100),
    );
  });

  test('never falls when a unit of work costs more', () => {
    fc.assert(
      fc.property(anyUnits, anyLoad, fc.constantFrom<UnitName>(...unitNames), (units, load, name) => {
        const [least, most] = [capacityOf(units, load), capacityOf({ ...units, [name]: units[name] * 3 }, load)];
        for (const [index, count] of machines(least).entries()) {
          expect(machines(most)[index] ?? 0).toBeGreaterThanOrEqual(count);
        }
      }),
      fuzzed(100),
    );
  });

  test('names as the first bottleneck what is used most, and each limit is reached at the load that it says', () => {
    fc.assert(
      fc.property(anyUnits, anyLoad, (units, load) => {
        const { limits } = capacityOf(units, load);
        expect(limits.length).toBeGreaterThan(0);
        const used = limits.map((limit) => limit.used);
        expect(used).toEqual(used.toSorted((one, other) => other - one));
        const shard = (of: Load) => capacityOf(units, of).limits.find(({ what }) => what.startsWith('a shard:'));
        const share = shard(load)?.used ?? 0;
        const atLimit = { ...load, messages: load.messages / share, online: load.online / share };
        expect(shard(atLimit)?.used).toBeCloseTo(1, 6);
      }),
      fuzzed(100),
    );
  });

  test('has a channel message cost one copy for each edge with a member, and no more messages than its rate limit', () => {
    fc.assert(
      fc.property(anyUnits, anyLoad, (units, load) => {
        const { channel, parts } = capacityOf(units, load);
        expect(channel.copies).toBe(Math.min(parts.edge.processes, channel.onlineMembers));
        expect(channel.onlineMembers).toBeLessThanOrEqual(load.members);
        expect(channel.messagesMax).toBeLessThanOrEqual(assumptions.conversationMessages.value);
      }),
      fuzzed(100),
    );
  });

  test('costs what its machines, disks and traffic cost at the given prices', () => {
    const units = Object.fromEntries(unitNames.map((name) => [name, 100])) as unknown as Units;
    const free = { 'core-hour-price': '0', 'disk-price': '0', 'traffic-price': '0' };
    expect(capacityOf(units, loadWith(free)).cost.total).toBe(0);
    const priced = capacityOf(units, loadWith({ ...free, 'core-hour-price': '2' }));
    const cores = machines(priced).reduce((sum, count) => sum + count, 0) * priced.load.machineCores;
    expect(priced.cost.total).toBeCloseTo(cores * 2 * assumptions.hoursPerMonth.value, 3);
    expect(priced.cost.perMillionDailyUsers).toBeCloseTo(priced.cost.total / 10, 3);
  });

  test('is computed at the size of the peer with the same load for each person', () => {
    const load = loadWith();
    const small = atPeerSize(load);
    expect(small.online).toBe(peer.online);
    expect(small.messages / small.online).toBeCloseTo(load.messages / load.online, 9);
    expect(small.dailyUsers / small.online).toBeCloseTo(load.dailyUsers / load.online, 3);
  });
});

describe('an option of the capacity', () => {
  test.each([
    ['messages', 'many', '--messages must be a number from 1 to 100000000, not "many"'],
    ['messages', '', '--messages must be a number from 1 to 100000000, not ""'],
    ['online', '0', '--online must be a number from 1 to 1000000000, not "0"'],
    ['members', '500001', '--members must be a number from 2 to 500000, not "500001"'],
    ['members', '2.5', '--members must be a whole number, not "2.5"'],
    ['text-bytes', '-1', '--text-bytes must be a number from 1 to 40000, not "-1"'],
    ['recipients', '257', '--recipients must be a number from 1 to 256, not "257"'],
    ['retention-days', '0', '--retention-days must be a number from 1 to 36500, not "0"'],
    ['peak-factor', '0.5', '--peak-factor must be a number from 1 to 100, not "0.5"'],
    ['utilisation', '100', '--utilisation must be a number from 1 to 90, not "100"'],
    ['daily-users', '4999999', '--daily-users must be at least --online, which is 5000000, not "4999999"'],
    ['core-hour-price', 'free', '--core-hour-price must be a number from 0 to 100, not "free"'],
  ])('--%s %p is refused with what is allowed', (name, value, message) => {
    expect(() => loadWith({ [name]: value })).toThrow(new BadRequest(message));
  });
});

test('each unit is measured by exactly one scenario', () => {
  const named = measurements.flatMap(({ units }) => Object.keys(units(anyRows)));
  expect(named.toSorted()).toEqual(unitNames.toSorted());
});

/** Has every column that a measurement may look for. */
const anyRow = new Proxy({} as Record<string, number>, { get: () => 1, has: () => true });
const callRows = ['connect', 'watch', 'serversOf 1,000 users'].map((call) => ({
  call,
  'bytes each': 1,
  'Redis µs': 1,
}));
const anyRows = [anyRow, anyRow, anyRow, anyRow, ...callRows, anyRow];

test('docs/CAPACITY.md is current: `npm run capacity -- --write`', () => {
  expect(existsSync(documentFile)).toBe(true);
  const measured = readMeasured();
  expect(Object.keys(measured.units).toSorted()).toEqual(unitNames.toSorted());
  expect(readFileSync(documentFile, 'utf8')).toBe(documentOf(measured, documentedCapacity(measured)));
});
