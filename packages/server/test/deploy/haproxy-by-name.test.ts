import { afterEach, describe, expect, test } from 'bun:test';
import { freePort } from '../../../../tools/free-port.mjs';
import { Haproxy, withoutHaproxy } from '../support/haproxy.ts';
import { titleWith } from '../support/services.ts';
import { until } from '../support/until.ts';
import { answerOf, Backend, close, openSocket, untilOnly } from './backend.ts';
import { NameServer } from './name-server.ts';

const messagingName = 'messaging.parley.test';
const gatewayName = 'gateway.parley.test';

describe.skipIf(withoutHaproxy !== null)(titleWith('HAProxy with processes found by DNS', withoutHaproxy), () => {
  const running: { stop(): Promise<void> }[] = [];
  const open: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    for (const each of running.splice(0).reverse()) await each.stop();
  });

  function kept<Running extends { stop(): Promise<void> }>(each: Running): Running {
    running.push(each);
    return each;
  }

  /** Opens sockets until one reaches the process of that name, and keeps that one. */
  async function socketAt(url: string, name: string): Promise<WebSocket> {
    const found: WebSocket[] = [];
    await until(`a socket reaches ${name}`, async () => {
      const socket = await openSocket(url).catch(() => null);
      if (socket === null) return false;
      if ((await answerOf(socket)) === name) found.push(socket);
      else await close(socket);
      return found.length > 0;
    });
    open.push(...found);
    return found[0] as WebSocket;
  }

  test('a process that is added in DNS gets sockets; one that is removed keeps the sockets it has', async () => {
    const port = await freePort();
    const process = (name: string, hostname: string) => kept(new Backend(name, { hostname, port }));
    process('first', '127.0.0.2');
    process('second', '127.0.0.3');
    process('gateway', '127.0.0.4');
    const names = kept(await NameServer.start());
    names.tell(messagingName, ['127.0.0.2']);
    names.tell(gatewayName, ['127.0.0.4']);
    const { url } = kept(
      await Haproxy.startByName({
        PARLEY_MESSAGING_NAME: messagingName,
        PARLEY_GATEWAY_NAME: gatewayName,
        PARLEY_PROCESS_PORT: String(port),
        PARLEY_NAMESERVER: names.address,
        PARLEY_CONNECTION_RATE: '1000000',
        PARLEY_REQUEST_RATE: '1000000',
      }),
    );
    const atFirst = await socketAt(url, 'first');
    // HAProxy asks for each name by itself.
    let answer = await fetch(`${url}/v1/server`);
    await until('requests reach the gateway', async () => {
      if (answer.status === 503) answer = await fetch(`${url}/v1/server`);
      return answer.status !== 503;
    });
    expect(await answer.json()).toMatchObject({ name: 'gateway' });

    names.tell(messagingName, ['127.0.0.2', '127.0.0.3']);
    const atSecond = await socketAt(url, 'second');

    names.tell(messagingName, ['127.0.0.3']);
    await untilOnly('second', url);
    expect(await answerOf(atFirst)).toBe('first');
    expect(await answerOf(atSecond)).toBe('second');
  });
});
