import { expect, test } from 'bun:test';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { MailboxJanitor } from '../../src/distribution/mailbox-janitor.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

const leaseMs = 1_000_000;
const intervalMs = 30_000;

async function janitorOver(...serverIds: string[]) {
  const clock = new FakeClock();
  const registry = new MemoryConnectionRegistry(clock);
  const mailboxes = new MemoryMailboxes();
  for (const serverId of serverIds) {
    await registry.openServer(serverId, leaseMs);
    await mailboxes.open(serverId, () => undefined);
  }
  const failures: unknown[] = [];
  const janitor = new MailboxJanitor(registry, mailboxes, clock, (error) => failures.push(error));
  /**
   * Runs one check. Resolves when another janitor, after two checks of its own, has removed a mailbox that only it
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
  return { registry, mailboxes, janitor, look };
}

test('the mailbox of a dead server is removed, those of live servers stay', async () => {
  const { registry, mailboxes, look } = await janitorOver('dead', 'living');
  await registry.closeServer('dead');
  await look();
  expect(await mailboxes.serverIds()).toEqual(['dead', 'living']);
  await look();
  expect(await mailboxes.serverIds()).toEqual(['living']);
});

test('a server that the registry lost for a moment keeps its mailbox', async () => {
  const { registry, mailboxes, look } = await janitorOver('living');
  registry.forget();
  await look();
  await registry.openServer('living', leaseMs);
  await look();
  registry.forget();
  await look();
  expect(await mailboxes.serverIds()).toEqual(['living']);
});

test('nothing is removed after the stop', async () => {
  const { registry, mailboxes, janitor, look } = await janitorOver('dead');
  await registry.closeServer('dead');
  janitor.stop();
  await look();
  await look();
  expect(await mailboxes.serverIds()).toEqual(['dead']);
});
