import { expect, test } from 'bun:test';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { MailboxJanitor } from '../../src/distribution/mailbox-janitor.ts';
import { twoParts } from '../messaging/two-parts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openServer } from '../support/registry-leases.ts';
import { until } from '../support/until.ts';

const leaseMs = 1_000_000;
const intervalMs = 10_000;

async function janitorOver(...serverIds: string[]) {
  const clock = new FakeClock();
  const registry = new MemoryConnectionRegistry(clock);
  const mailboxes = new MemoryMailboxes();
  const received: string[] = [];
  for (const serverId of serverIds) {
    await openServer(registry, serverId, leaseMs);
    await mailboxes.open(serverId, (deliveries) => {
      for (const { kind } of deliveries) received.push(`${kind} to ${serverId}`);
    });
  }
  const failures: unknown[] = [];
  const janitor = new MailboxJanitor(registry, mailboxes, clock, (error) => failures.push(error));
  /**
   * Runs one check. Resolves when another janitor, after checks of its own, has removed a mailbox that only it
   * knows of.
   */
  const look = async () => {
    clock.advance(intervalMs);
    const after = new FakeClock();
    const marker = 'a mailbox of no server';
    const markers = new MemoryMailboxes();
    await markers.open(marker, () => undefined);
    const other = new MailboxJanitor(registry, markers, after, (error) => failures.push(error));
    await until('another janitor removes a mailbox', async () => {
      after.advance(intervalMs);
      return (await markers.serverIds()).length === 0;
    });
    other.stop();
    expect(failures).toEqual([]);
  };
  const looks = async (count: number) => {
    for (let time = 0; time < count; time++) await look();
  };
  return { registry, mailboxes, janitor, looks, received };
}

test('the mailbox of a dead server is removed, those of live servers stay', async () => {
  const { registry, mailboxes, looks } = await janitorOver('dead', 'living');
  await registry.closeServer('dead');
  await looks(3);
  expect(await mailboxes.serverIds()).toEqual(['dead', 'living']);
  await looks(1);
  expect(await mailboxes.serverIds()).toEqual(['living']);
});

test('a server that the registry does not list in two checks in a row is told so', async () => {
  const { registry, looks, received } = await janitorOver('cut off', 'living');
  await registry.closeServer('cut off');
  await looks(1);
  expect(received).toEqual([]);
  await looks(2);
  expect(received).toEqual(['unlisted to cut off', 'unlisted to cut off']);
});

test('a server that the registry lost for a moment keeps its mailbox', async () => {
  const { registry, mailboxes, looks, received } = await janitorOver('living');
  for (let time = 0; time < 5; time++) {
    registry.forget();
    await looks(1);
    await openServer(registry, 'living', leaseMs);
    await looks(1);
  }
  expect(await mailboxes.serverIds()).toEqual(['living']);
  expect(received).toEqual([]);
});

test('nothing is removed after the stop', async () => {
  const { registry, mailboxes, janitor, looks } = await janitorOver('dead');
  await registry.closeServer('dead');
  janitor.stop();
  await looks(5);
  expect(await mailboxes.serverIds()).toEqual(['dead']);
});

/** A janitor over a registry of two parts, in the second of which only the first server has a lease. */
async function janitorOverTwoParts() {
  const clock = new FakeClock();
  const parts = twoParts(clock);
  const mailboxes = new MemoryMailboxes();
  const received: string[] = [];
  for (const serverId of ['whole', 'half']) {
    await openServer(parts.registry, serverId, leaseMs);
    await mailboxes.open(serverId, (deliveries) => {
      for (const delivery of deliveries)
        if (delivery.kind === 'unlisted') received.push(`${serverId}: ${delivery.part}`);
    });
  }
  await parts.servers[1].closeServer('half');
  const failures: unknown[] = [];
  new MailboxJanitor(parts.registry, mailboxes, clock, (error) => failures.push(error));
  const looks = async (count: number) => {
    for (let time = 0; time < count; time++) {
      clock.advance(intervalMs);
      for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
    }
  };
  return { ...parts, mailboxes, received, failures, looks };
}

test('a server that one of two parts does not list is told which, and keeps its mailbox', async () => {
  const { mailboxes, received, looks } = await janitorOverTwoParts();
  await looks(1);
  expect(received).toEqual([]);
  await looks(5);
  expect(new Set(received)).toEqual(new Set(['half: part 1']));
  expect(await mailboxes.serverIds()).toEqual(['whole', 'half']);
});

test('no mailbox is removed while a part is unavailable, and servers are told about the other part', async () => {
  const { servers, second, mailboxes, received, failures, looks } = await janitorOverTwoParts();
  second.liveServers = async () => {
    throw new Error('the part is unavailable');
  };
  await servers[0].closeServer('half');
  await looks(6);
  expect(new Set(received)).toEqual(new Set(['half: part 0']));
  expect(await mailboxes.serverIds()).toEqual(['whole', 'half']);
  expect(failures.length).toBe(6);
});

test('the mailbox of a server that no part lists is removed', async () => {
  const { servers, mailboxes, looks } = await janitorOverTwoParts();
  await servers[0].closeServer('half');
  await looks(6);
  expect(await mailboxes.serverIds()).toEqual(['whole']);
});
