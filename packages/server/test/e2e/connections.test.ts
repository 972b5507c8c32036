import { afterEach, describe, expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

const running: RunningServer[] = [];
async function start(settings: Parameters<typeof RunningServer.start>[0]): Promise<RunningServer> {
  const server = await RunningServer.start(settings);
  running.push(server);
  return server;
}
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

describe('connections are bounded, and a refusal has a time to retry', () => {
  for (const [setting, reason] of [
    ['max-connections', 'overloaded'],
    ['max-connections-per-address', 'tooManyConnections'],
  ] as const) {
    test(setting, async () => {
      const server = await start({ [setting]: '3' });
      const [next, ...people] = (await server.people('person', 4)) as [Person, ...Person[]];
      const connect = ({ token }: Person) => WireClient.hello(server.url, token);
      const clients = await Promise.all(people.map(connect));
      const refused = await WireClient.open(server.url);
      expect((await refused.closed).code).toBe(closeCodes[reason].code);
      // A slot that becomes free is used again.
      await clients[0]?.close();
      const later = await connect(next);
      await Promise.all([later.close(), ...clients.slice(1).map((client) => client.close())]);
    });
  }

  test('a socket without the subprotocol is not opened', async () => {
    const server = await start({});
    const answer = await fetch(`${server.url}/v1/socket`, { headers: { connection: 'upgrade', upgrade: 'websocket' } });
    expect(answer.status).toBe(426);
    expect(await answer.text()).toContain('parley.v1');
  });
});

describe('stopping', () => {
  test('reports draining first, sends goaway, finishes requests under way, and stops with sockets still open', async () => {
    const server = await RunningServer.start({ 'drain-ms': '1000' });
    const [ana, ben] = await server.people('person', 2);
    if (!ana || !ben) throw new Error('both people exist');
    const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id] });
    const clients = await Promise.all([server.wire(ana), server.wire(ben)]);
    const [sender] = clients as [WireClient, WireClient];
    const sends = Array.from({ length: 50 }, (_, n) =>
      sender.request({ type: 'send', conversationId: id, clientMessageId: `m${n}`, text: 'x' }),
    );
    const stopped = server.stopServers();
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    for (const answer of await Promise.all(sends)) expect(answer.type).toBe('ack');
    for (const client of clients) {
      await client.next('goaway');
      expect((await client.closed).code).toBe(closeCodes.goaway.code);
    }
    await stopped;
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});
