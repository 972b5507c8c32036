import { afterEach, describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import type { Server } from 'bun';
import { Hono } from 'hono';
import type { GatewayBindings } from '../../src/gateway/binding.ts';
import { Health } from '../../src/gateway/health.ts';
import { addressRequestWork, HttpGuard, requestsPerTurn, requestUnits } from '../../src/gateway/http-guard.ts';
import { listen } from '../../src/gateway/http-server.ts';
import type { SocketData } from '../../src/messaging/socket-endpoint.ts';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

let server: Server<SocketData>;
let client: Socket | undefined;
afterEach(async () => {
  client?.destroy();
  client = undefined;
  await server.stop(true);
});

/** A server that counts the requests that reach its API. */
function start({
  bounded,
  trusted = [],
  turns = new WorkTurns(),
}: {
  bounded: boolean;
  trusted?: string[];
  turns?: WorkTurns;
}): { served: () => number } {
  let served = 0;
  const api = new Hono<GatewayBindings>().all('*', (context) => {
    served++;
    return context.text('answered');
  });
  const guard = new HttpGuard(new FakeClock(), turns, bounded);
  const options = { host: '127.0.0.1', port: 0, trustedProxies: trusted };
  server = listen({ api, sockets: null, health: new Health(), guard }, options);
  return { served: () => served };
}

/** Writes requests without waiting for responses; resolves with everything received until the server closed. */
function sendAhead(requests: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    client = connect(Number(server.port), '127.0.0.1', () => client?.write(requests));
    client.on('data', (data) => {
      received += data;
    });
    client.on('error', reject);
    client.on('close', () => resolve(received));
  });
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: parley\r\n\r\n`;
const statuses = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));

describe('requests that one connection pipelines', () => {
  test.each(['/v1/nothing', '/livez', '/v1/socket', '/v1/login'])(
    'are answered up to a bound, then it is closed: %s',
    async (path) => {
      const { served } = start({ bounded: false });
      const received = statuses(await sendAhead(get(path).repeat(1_000)));
      expect(received).toHaveLength(requestsPerTurn + 1);
      expect(received.at(-1)).toBe(429);
      expect(received.slice(0, -1)).not.toContain(429);
      expect(served()).toBeLessThanOrEqual(requestsPerTurn);
    },
  );

  test('within the bound are all answered', async () => {
    start({ bounded: false });
    const last = 'GET /last HTTP/1.1\r\nHost: parley\r\nConnection: close\r\n\r\n';
    const received = await sendAhead(get('/v1/nothing').repeat(requestsPerTurn - 1) + last);
    expect(statuses(received)).toEqual(Array(requestsPerTurn).fill(200));
  });

  test('are not counted for the connection of a trusted proxy', () => {
    start({ bounded: false });
    const guard = new HttpGuard(new FakeClock(), new WorkTurns(), false);
    const from = { peer: '127.0.0.1', connection: '127.0.0.1 4711', address: '198.51.100.7' };
    const refused = (isProxy: boolean) => {
      const answers = Array.from({ length: requestsPerTurn * 2 }, () =>
        guard.admit(new Request('http://parley/livez'), { ...from, isProxy }),
      );
      return answers.filter((answer) => answer instanceof Response).length;
    };
    expect(refused(true)).toBe(0);
    expect(refused(false)).toBe(requestsPerTurn);
  });
});

test('a bounded number of requests of one address is answered in one turn, over all its connections; the others later', async () => {
  const ending: (() => void)[] = [];
  const { served } = start({ bounded: false, turns: new WorkTurns(unitsPerTurn, (run) => ending.push(run)) });
  const perTurn = unitsPerTurn / requestUnits;
  const asked = Array.from({ length: perTurn * 4 }, () => fetch(new URL('/v1/nothing', server.url)));
  // Requests above the bound must have arrived too; they are the requests under way.
  await until('every request has arrived', () => served() + server.pendingRequests >= asked.length);
  for (let turn = 1; turn <= 4; turn++) {
    await until(`the requests of turn ${turn} are served`, () => served() >= perTurn * turn);
    expect(served()).toBe(perTurn * turn);
    for (const run of ending.splice(0)) run();
  }
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 200));
});

describe('requests from one address', () => {
  async function ask(headers: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL('/v1/nothing', server.url), { headers });
  }

  test('are refused above its budget before they are read, whatever they request', async () => {
    const { served } = start({ bounded: true });
    const paths = ['/v1/nothing', '/v1/server', '/', '/livez'];
    let refused: Response | undefined;
    for (let n = 0; n <= addressRequestWork.burst && !refused; n++) {
      const answer = await fetch(new URL(paths[n % paths.length] ?? '/', server.url));
      if (answer.status === 429) refused = answer;
      else await answer.body?.cancel();
    }
    expect(refused?.headers.get('connection')).toBe('close');
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(await refused?.json()).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 1_000 });
    const before = served();
    for (let n = 0; n < 20; n++) expect((await ask()).status).toBe(429);
    expect(served()).toBe(before);
  });

  test('through a proxy are counted by client, and the proxy stays connected', async () => {
    start({ bounded: true, trusted: ['127.0.0.1'] });
    const flooding = { 'x-forwarded-for': '198.51.100.7' };
    let last = await ask(flooding);
    for (let n = 0; n < addressRequestWork.burst; n++) last = await ask(flooding);
    expect([last.status, last.headers.get('connection')]).toEqual([429, null]);
    expect((await ask({ 'x-forwarded-for': '198.51.100.8' })).status).toBe(200);
  });

  test('count their bodies before reading them', async () => {
    start({ bounded: true });
    const body = 'x'.repeat(200_000);
    let answered = 0;
    const send = () => fetch(new URL('/v1/login', server.url), { method: 'POST', body });
    while ((await send()).status !== 429) {
      if (++answered > addressRequestWork.burst / 10) throw new Error('large bodies cost no more than small ones');
    }
    expect(answered).toBeGreaterThan(10);
  });
});
