import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { MemoryStore, ParleyClient } from '@parley/sdk';
import { systemClock } from '../../src/platform/clock.ts';
import { pause } from '../../src/platform/waiting.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WrongClock } from '../support/wrong-clock.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const pollMs = 50;

describe('a clock that was a day ahead for a moment', () => {
  let clock: WrongClock;
  let server: RunningServer;
  let ana: Person;
  let ben: Person;

  beforeEach(async () => {
    clock = new WrongClock();
    server = await RunningServer.start({}, (same) => same, clock);
    [ana, ben] = (await server.people('clock', 2)) as [Person, Person];
  });
  afterEach(() => server.stop());

  async function groups(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      const body = { name: `group ${index}`, userIds: [ben.account.id], clientRequestId: `group-${index}` };
      ids.push((await server.call(ana, 'createGroup', body)).id);
    }
    return ids;
  }

  const send = (conversationId: string, text: string) =>
    server.call(ana, 'sendMessage', { conversationId, text, clientMessageId: text.replaceAll(' ', '-') });

  const listed = async () => (await server.call(ben, 'getHomepage', { limit: 100 })).conversations;

  /** Waits until the condition holds; the error has the last value if it never does. */
  async function until(read: () => unknown, wanted: unknown): Promise<void> {
    let value = await read();
    for (let attempt = 0; attempt < 200 && !Bun.deepEquals(value, wanted); attempt++) {
      await pause(systemClock, pollMs);
      value = await read();
    }
    expect(value).toEqual(wanted);
  }

  test('affects the times and the order of only the entries that it dated', async () => {
    // A server notices a change of the clock within a second. The order of entries written in that second is undefined.
    clock.aheadMs = -hourMs;
    const [first = '', second = '', third = ''] = await groups(3);
    const client = await server.client(ben);
    client.connect();
    await client.live();
    const shown = () => client.conversations.list().map(({ id }) => id);
    clock.aheadMs = dayMs;
    const ahead = await send(first, 'sent a day ahead');
    await until(shown, [first, third, second]);
    clock.aheadMs = 0;
    const now = await send(second, 'sent now');
    expect(ahead.atMs - now.atMs).toBeGreaterThan(dayMs / 2);
    // The client has it at once, the server within a second.
    await until(shown, [second, first, third]);
    await until(async () => (await listed()).map(({ id }) => id), [second, first, third]);
    const next = await send(first, 'the next one');
    expect(Math.abs(next.atMs - Date.now())).toBeLessThan(dayMs / 2);
    await until(shown, [first, second, third]);
    await until(async () => (await listed()).map(({ id }) => id), [first, second, third]);
    expect((await listed()).every(({ lastActivityAtMs }) => lastActivityAtMs < ahead.atMs)).toBe(true);
    const { entries } = await server.call(ben, 'getHistory', { conversationId: first });
    expect(entries.map(({ atMs }) => atMs).slice(-2)).toEqual([ahead.atMs, next.atMs]);
    client.close();
  });

  test('hides no new entry from a user who was away, even behind more than a page of entries dated ahead', async () => {
    const ids = await groups(53);
    const [quiet = ''] = ids;
    clock.aheadMs = dayMs;
    for (const [index, id] of ids.slice(1).entries()) await send(id, `ahead ${index}`);
    const store = new MemoryStore();
    await store.setSession({ token: ben.token, account: ben.account });
    const before = new ParleyClient({ url: server.url, store });
    await before.resume();
    before.connect();
    await before.live();
    before.close();
    clock.aheadMs = 0;
    const { seq } = await send(quiet, 'while ben was away');
    await until(async () => (await listed())[0]?.id, quiet);
    const after = new ParleyClient({ url: server.url, store });
    await after.resume();
    after.connect();
    await after.live();
    expect(after.conversations.get(quiet)?.data.headSeq).toBe(seq);
    expect(after.conversations.list()[0]?.id).toBe(quiet);
    after.close();
  });
});
