import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { MemoryStore, ParleyClient } from '@parley/sdk';
import { type Person, RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';
import { WrongClock } from '../support/wrong-clock.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

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

  const listedIds = async () => (await listed()).map(({ id }) => id);

  /** Waits until the conversations are in this order. */
  async function inOrder(ids: () => string[] | Promise<string[]>, wanted: string[]): Promise<void> {
    let found: string[] = [];
    const isSo = async () => {
      found = await ids();
      return Bun.deepEquals(found, wanted);
    };
    await until(`the conversations are in the order ${wanted}`, isSo).catch((error: Error) => {
      throw new Error(`${error.message}; they are in the order ${found}`);
    });
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
    await inOrder(shown, [first, third, second]);
    clock.aheadMs = 0;
    const now = await send(second, 'sent now');
    expect(ahead.atMs - now.atMs).toBeGreaterThan(dayMs / 2);
    // The client has it at once, the server within a second.
    await inOrder(shown, [second, first, third]);
    await inOrder(listedIds, [second, first, third]);
    const next = await send(first, 'the next one');
    expect(Math.abs(next.atMs - Date.now())).toBeLessThan(dayMs / 2);
    await inOrder(shown, [first, second, third]);
    await inOrder(listedIds, [first, second, third]);
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
    await until('the new entry is listed first', async () => (await listedIds())[0] === quiet);
    const after = new ParleyClient({ url: server.url, store });
    await after.resume();
    after.connect();
    await after.live();
    expect(after.conversations.get(quiet)?.data.headSeq).toBe(seq);
    expect(after.conversations.list()[0]?.id).toBe(quiet);
    after.close();
  });
});
