import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyDatabase } from '../../src/compose/embedded.ts';
import { LockHolder } from '../support/lock-holder.ts';
import { PersonOverHttp } from '../support/person-over-http.ts';
import { parleyProgram, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let data: string;
let database: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'parley-lock-'));
  database = join(data, 'parley.db');
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** A server with a user who is in a channel. */
async function serverWithAna() {
  const server = await ServerProcess.start({ settings: { data } });
  const ana = await PersonOverHttp.signUp(server.url, 'ana');
  const channel = await ana.client.conversations.createChannel({ name: 'channel' });
  return { server, ana, channel };
}

describe('while another program holds the write lock', () => {
  test.each(['BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE'])(
    '(%s) everything but writing works, and a send is acknowledged once the lock is released',
    async (statement) => {
      const { server, ana, channel } = await serverWithAna();
      await channel.send('read by its sender').sent();
      const holder = await LockHolder.hold(database, statement);
      const order: string[] = [];
      const acknowledged = channel
        .send('while locked')
        .sent()
        .then(() => order.push('acknowledged'));
      for (const path of ['/livez', '/v1/homepage', '/livez', `/v1/conversations/${channel.id}/history`]) {
        expect((await ana.get(path)).status).toBe(200);
        order.push('read');
      }
      // Also works for a user with a read position that is not written yet.
      await ana.client.call('markRead', { conversationId: channel.id, seq: 2 });
      const another = await ana.again();
      order.push('connected');
      order.push('released');
      await holder.release();
      await acknowledged;
      expect(order).toEqual(['read', 'read', 'read', 'read', 'connected', 'released', 'acknowledged']);
      another.close();
      ana.client.close();
      expect(await server.stop()).toBe(0);
    },
  );

  test('for longer, all writes are refused with a time to retry and not carried out, and writes work again afterwards', async () => {
    const { server, ana, channel } = await serverWithAna();
    const holder = await LockHolder.hold(database, 'BEGIN IMMEDIATE');
    const message = { clientMessageId: 'the-only-one', text: 'once' };
    const writes = [
      () => ana.post(`/v1/conversations/${channel.id}/messages`, message),
      () => ana.post('/v1/login', { username: 'ana', password: 'a good password' }),
      () => ana.post('/v1/groups', { name: 'group', userIds: [], clientRequestId: 'group' }),
    ];
    // In the second round the server already knows that it cannot write.
    for (const write of [...writes, ...writes]) {
      const answer = await write();
      expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
      expect(await answer.json()).toMatchObject({ code: 'unavailable', retryAfterMs: expect.any(Number) });
    }
    expect((await ana.get('/readyz')).status).toBe(503);
    expect((await ana.get('/livez')).status).toBe(200);
    // The client keeps the message and sends it again after the time to retry.
    const sent = channel.send('kept by the client').sent();
    await holder.release();
    await sent;
    // The outcome of the check before is used for a second.
    await until('/readyz answers 200', async () => (await ana.get('/readyz')).status === 200);
    const first = await ana.post(`/v1/conversations/${channel.id}/messages`, message);
    const again = await ana.post(`/v1/conversations/${channel.id}/messages`, message);
    expect(await again.json()).toEqual(await first.json());
    const told = server.lines.filter((line) => line.includes('Nothing can be written'));
    expect(told).toHaveLength(1);
    ana.client.close();
    expect(await server.stop()).toBe(0);
    expect(verifyDatabase(data)).toMatchObject({ checked: { conversations: 1, entries: 3 }, faults: [] });
  });

  test('a server starts, and stops on a signal', async () => {
    await (await ServerProcess.start({ settings: { data } })).stop();
    const holder = await LockHolder.hold(database, 'BEGIN IMMEDIATE');
    const server = await ServerProcess.start({ settings: { data } });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    await holder.release();
  });

  test('a server without accounts keeps serving when its own write is refused', async () => {
    await (await ServerProcess.start({ settings: { data } })).stop();
    const holder = await LockHolder.hold(database, 'BEGIN IMMEDIATE');
    const server = await ServerProcess.start({ settings: { data } });
    const account = { username: 'ana', password: 'a good password' };
    const answer = await fetch(`${server.url}/v1/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
    });
    expect(answer.status).toBe(503);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await holder.release();
    expect(await server.stop()).toBe(0);
  });

  test('a server that has to upgrade the database starts when the lock is released', async () => {
    const holder = await LockHolder.hold(database, 'BEGIN EXCLUSIVE', 1_000);
    const server = await ServerProcess.start({ settings: { data } });
    await holder.released;
    expect(await server.stop()).toBe(0);
  });

  test('and does not release it, such a server stops with an error message', async () => {
    const holder = await LockHolder.hold(database, 'BEGIN EXCLUSIVE');
    const server = Bun.spawn([...parleyProgram(), 'serve', '--data', data, '--port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    expect(await new Response(server.stderr).text()).toBe(
      `parley: ${database} is locked by another program: stop that program, then start again\n`,
    );
    expect(await server.exited).toBe(1);
    await holder.release();
  });
});
