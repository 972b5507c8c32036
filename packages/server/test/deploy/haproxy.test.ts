import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import { makeCertificate } from '../support/certificate.ts';
import { Haproxy, withoutHaproxy } from '../support/haproxy.ts';
import { titleWith } from '../support/services.ts';
import { until } from '../support/until.ts';
import { answerOf, Backend, openSocket, untilOnly } from './backend.ts';

describe.skipIf(withoutHaproxy !== null)(titleWith('HAProxy as it is deployed', withoutHaproxy), () => {
  const running: { stop(): Promise<void> }[] = [];
  const open: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    for (const each of running.splice(0).reverse()) await each.stop();
  });

  function backend(name: string): Backend {
    const made = new Backend(name);
    running.push(made);
    return made;
  }

  async function start(messaging: Backend[], gateway: Backend[], environment: Record<string, string> = {}) {
    const ports = (backends: Backend[]) => backends.map(({ port }) => port);
    const haproxy = await Haproxy.start({ messaging: ports(messaging), gateway: ports(gateway), environment });
    running.push(haproxy);
    return haproxy;
  }

  async function socket(url: string): Promise<WebSocket> {
    const made = await openSocket(url);
    open.push(made);
    return made;
  }

  test('sockets go to messaging, everything else to the gateway, and health checks are not passed on', async () => {
    const haproxy = await start([backend('messaging')], [backend('gateway')]);
    expect(await answerOf(await socket(haproxy.url))).toBe('messaging');
    expect(await (await fetch(`${haproxy.url}/v1/server`)).json()).toMatchObject({ name: 'gateway' });
    expect((await fetch(`${haproxy.url}/readyz`)).status).toBe(404);
  });

  test('sockets are spread, and a draining process keeps its sockets and gets no more', async () => {
    const [first, second] = [backend('first'), backend('second')];
    // Raised, because this does not test the rate limits.
    const rates = { PARLEY_CONNECTION_RATE: '1000000', PARLEY_REQUEST_RATE: '1000000' };
    const haproxy = await start([first, second], [backend('gateway')], rates);
    const early: WebSocket[] = [];
    for (let count = 0; count < 10; count++) early.push(await socket(haproxy.url));
    expect([first.sockets, second.sockets]).toEqual([5, 5]);
    first.ready = false;
    await untilOnly('second', haproxy.url);
    const names = await Promise.all(early.map(answerOf));
    expect(names.filter((name) => name === 'first')).toHaveLength(5);
  });

  test('an address above the rate limit gets a time to retry, and its requests do not reach the processes', async () => {
    const gateway = backend('gateway');
    // So low that a slow machine reaches it too.
    const haproxy = await start([backend('messaging')], [gateway], { PARLEY_REQUEST_RATE: '2' });
    let answer = await fetch(`${haproxy.url}/v1/server`);
    await until('a request is above the limit', async () => {
      if (answer.status === 200) answer = await fetch(`${haproxy.url}/v1/server`);
      return answer.status !== 200;
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await answer.json()).toMatchObject({ code: 'rate_limited', retryAfterMs: 10_000 });
  });

  test('without a process, the answer is a problem with a time to retry', async () => {
    const gone = backend('gone');
    gone.ready = false;
    const haproxy = await start([gone], [gone], { PARLEY_REQUEST_RATE: '1000000' });
    let answer = await fetch(`${haproxy.url}/v1/server`);
    await until('HAProxy has noticed that the process is not ready', async () => {
      if (answer.status === 200) answer = await fetch(`${haproxy.url}/v1/server`);
      return answer.status !== 200;
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 503, code: 'unavailable' });
  });

  test('a process that answers health checks late, because a service hangs, stays in use', async () => {
    const gateway = backend('gateway');
    // Longer than the interval of the checks.
    gateway.checkTakesMs = 1_200;
    const haproxy = await start([backend('messaging')], [gateway], { PARLEY_REQUEST_RATE: '1000000' });
    await until('HAProxy has checked the process three times', async () => {
      expect((await fetch(`${haproxy.url}/v1/server`)).status).toBe(200);
      return gateway.checks >= 3;
    });
  });

  test('the address of a client cannot be forged', async () => {
    const haproxy = await start([backend('messaging')], [backend('gateway')]);
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const answer = await fetch(`${haproxy.url}/v1/server`, { headers });
    expect(await answer.json()).toMatchObject({ forwardedFor: '127.0.0.1' });
  });

  test('trace headers from outside are removed', async () => {
    const haproxy = await start([backend('messaging')], [backend('gateway')]);
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const answer = await fetch(`${haproxy.url}/v1/server`, { headers });
    expect(await answer.json()).toMatchObject({ traceparent: null });
  });

  test('a file that only one process has is found, and one that none has is a 404', async () => {
    const [newer, older] = [backend('newer'), backend('older')];
    newer.assets.add('/assets/page-2.js');
    const haproxy = await start([backend('messaging')], [newer, older]);
    for (let count = 0; count < 20; count++) {
      const answer = await fetch(`${haproxy.url}/assets/page-2.js`);
      expect([answer.status, await answer.text()]).toEqual([200, 'newer']);
    }
    const asked = () => newer.requests + older.requests;
    const before = asked();
    expect((await fetch(`${haproxy.url}/assets/page-3.js`)).status).toBe(404);
    expect(asked()).toBe(before + 3);
    expect((await fetch(`${haproxy.url}/v1/nothing`)).status).toBe(404);
    expect(asked()).toBe(before + 4);
  });

  test('the connections of one address are limited', async () => {
    const messaging = backend('messaging');
    const haproxy = await start([messaging], [backend('gateway')], { PARLEY_CONNECTIONS_PER_ADDRESS: '5' });
    const tried = await Promise.allSettled(Array.from({ length: 20 }, () => socket(haproxy.url)));
    const opened = tried.filter(({ status }) => status === 'fulfilled').length;
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(5);
    expect(messaging.sockets).toBe(opened);
  });

  test('a request whose headers never end is cut off', async () => {
    const haproxy = await start([backend('messaging')], [backend('gateway')]);
    const slow = connect(haproxy.port, '127.0.0.1');
    slow.write('GET /v1/server HTTP/1.1\r\nhost: parley\r\n');
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      slow.on('data', (data) => {
        text += data;
      });
      slow.on('close', () => resolve(text));
    });
    expect(answer).toStartWith('HTTP/1.1 408');
  });

  describe('with TLS', () => {
    let folder: string;
    afterEach(() => rmSync(folder, { recursive: true }));

    test.each([
      ['certificate and key in one file', 'together'],
      ['the key in a file beside it', 'certificate'],
    ] as const)('plain HTTP redirects to TLS, which serves requests and sockets: %s', async (_name, file) => {
      folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
      const { [file]: certificate } = makeCertificate(folder);
      const tlsPort = await freePort();
      const haproxy = await start([backend('messaging')], [backend('gateway')], {
        PARLEY_TLS_BIND: `127.0.0.1:${tlsPort}`,
        PARLEY_TLS_CERTIFICATE: certificate,
      });
      const redirect = await fetch(`${haproxy.url}/v1/server`, { redirect: 'manual' });
      expect(redirect.status).toBe(308);
      expect(redirect.headers.get('location')).toStartWith('https://');
      const tls = { ca: readFileSync(certificate, 'utf8') };
      const answer = await fetch(`https://localhost:${tlsPort}/v1/server`, { tls });
      expect(await answer.json()).toMatchObject({ name: 'gateway' });
      expect(answer.headers.get('strict-transport-security')).toContain('max-age');
      // Bun's WebSocket takes options where browsers take protocols; the types of both are merged here.
      const secure = new WebSocket(`wss://localhost:${tlsPort}/v1/socket`, { tls } as unknown as string[]);
      open.push(secure);
      await new Promise((resolve, reject) => {
        secure.onopen = resolve;
        secure.onerror = reject;
      });
      expect(await answerOf(secure)).toBe('messaging');
    });
  });
});
