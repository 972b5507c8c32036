import { afterEach, beforeEach, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { limits } from '@parley/protocol';
import type { Server } from 'bun';
import { Hono } from 'hono';
import type { GatewayBindings } from '../../src/gateway/binding.ts';
import { Health } from '../../src/gateway/health.ts';
import { HttpGuard } from '../../src/gateway/http-guard.ts';
import { finishRequests, listen } from '../../src/gateway/http-server.ts';
import { problemOf } from '../../src/gateway/problem.ts';
import { jsonBody } from '../../src/gateway/request-body.ts';
import { noMessagingMetrics } from '../../src/messaging/messaging-metrics.ts';
import { type SocketData, SocketEndpoint } from '../../src/messaging/socket-endpoint.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { WorkTurns } from '../../src/platform/work-turns.ts';
import { until } from '../support/until.ts';

const health = new Health();
const guard = new HttpGuard(systemClock, new WorkTurns(), false);
let server: Server<SocketData>;

function start(trustedProxies: readonly string[]): Server<SocketData> {
  const api = new Hono<GatewayBindings>().get('/address', (context) => context.text(context.env.address));
  const noMessaging = () => {
    throw new Error('no socket opens here');
  };
  const endpoint = new SocketEndpoint(
    noMessaging,
    { connectionsMax: 1, connectionsPerAddressMax: 1 },
    noMessagingMetrics,
  );
  return listen({ api, sockets: endpoint, health, guard }, { host: '127.0.0.1', port: 0, trustedProxies });
}

beforeEach(() => {
  server = start(['127.0.0.0/8']);
});
afterEach(() => server.stop(true));

async function textOf(path: string, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(new URL(path, server.url), { headers })).text();
}

test('the address of a request is the one that a trusted proxy names', async () => {
  expect(await textOf('/address')).toBe('127.0.0.1');
  expect(await textOf('/address', { 'x-forwarded-for': '1.1.1.1, 198.51.100.7' })).toBe('198.51.100.7');
  expect(await textOf('/address', { 'x-forwarded-for': '198.51.100.7:4711' })).toBe('198.51.100.7');
  expect(await textOf('/address', { forwarded: 'for="[2001:db8::1]:443";proto=https' })).toBe('2001:db8:0:0::/64');
});

test('several lines of a header form one list, in order', async () => {
  const lines = ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 198.51.100.7:80', 'x-forwarded-for: 127.0.0.2'];
  expect(
    await answerTo(`GET /address HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`),
  ).toEndWith('198.51.100.7');
});

/** The server's response to these bytes. */
async function answerTo(request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  await Bun.connect({
    hostname: '127.0.0.1',
    port: server.port ?? 0,
    socket: {
      open: (socket) => void socket.write(request),
      data: (_, chunk) => {
        answer += chunk.toString();
      },
      close: () => resolve(answer.trim()),
    },
  });
  return promise;
}

test('without a trusted proxy the address of a request is its peer, whatever its headers say', async () => {
  await server.stop(true);
  server = start([]);
  expect(await textOf('/address', { 'x-forwarded-for': '198.51.100.7' })).toBe('127.0.0.1');
});

test('an invalid proxy is refused at the start', () => {
  expect(() => start(['proxy.example'])).toThrow(/proxy\.example/);
});

test('health is served beside the API', async () => {
  expect(JSON.parse(await textOf('/livez'))).toEqual({ status: 'alive' });
  expect(JSON.parse(await textOf('/readyz'))).toEqual({ status: 'starting' });
});

test('an unexpected failure is answered without internal details', async () => {
  class Faulty extends Health {
    override livez(): Response {
      throw new Error('the inside');
    }
  }
  await server.stop(true);
  const options = { host: '127.0.0.1', port: 0, trustedProxies: [] };
  server = listen({ api: null, sockets: null, health: new Faulty(), guard }, options);
  const answer = await fetch(new URL('/livez', server.url));
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', status: 500 });
  expect(text).not.toContain('inside');
});

test('a socket without the subprotocol gets a response that names it', async () => {
  const answer = await fetch(new URL('/v1/socket', server.url));
  expect(answer.status).toBe(426);
  expect(answer.headers.get('upgrade')).toBe('websocket');
  expect(await answer.text()).toContain('parley.v1');
});

test('a body far above the limit is cut off', async () => {
  const body = new Uint8Array(limits.bodyBytes * 8);
  const answer = await fetch(new URL('/address', server.url), { method: 'POST', body });
  expect(answer.status).toBe(413);
});

test('a process answers requests for another role with an error that names the role', async () => {
  await server.stop(true);
  server = listen({ api: null, sockets: null, health, guard }, { host: '127.0.0.1', port: 0, trustedProxies: [] });
  for (const [path, role] of [
    ['/v1/socket', 'messaging'],
    ['/v1/server', 'gateway'],
  ]) {
    const answer = await fetch(new URL(path ?? '', server.url));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'not_found', detail: expect.stringContaining(role ?? '') });
  }
  expect((await fetch(new URL('/livez', server.url))).status).toBe(200);
});

test('finishing accepts no new requests, and ends when those under way are answered', async () => {
  await server.stop(true);
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const api = new Hono<GatewayBindings>().get('/slow', async (context) => {
    asked.resolve();
    await answered.promise;
    return context.text('done');
  });
  server = listen({ api, sockets: null, health, guard }, { host: '127.0.0.1', port: 0, trustedProxies: [] });
  const { url } = server;
  const slow = fetch(new URL('/slow', url));
  await asked.promise;
  const finished = finishRequests(server, systemClock);
  answered.resolve();
  expect(await (await slow).text()).toBe('done');
  await finished;
  await expect(fetch(new URL('/livez', url))).rejects.toThrow();
});

test('a client that aborts its body is not reported as a fault of the server', async () => {
  await server.stop(true);
  const counted = Promise.withResolvers<number>();
  const caught = Promise.withResolvers<unknown>();
  const api = new Hono<GatewayBindings>().post('/body', async (context) => {
    const problem = await jsonBody(context.req.raw, limits.bodyBytes, systemClock, { address: '' }).then(
      () => null,
      (error: unknown) => error,
    );
    caught.resolve(problem);
    counted.resolve(problemOf(problem).status);
    return context.text('a response that nobody reads');
  });
  server = listen({ api, sockets: null, health, guard }, { host: '127.0.0.1', port: 0, trustedProxies: [] });
  const client = connect(Number(server.port), '127.0.0.1');
  client.write(
    'POST /body HTTP/1.1\r\nHost: parley\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"half":',
  );
  await new Promise((resolve) => client.on('connect', resolve));
  // The server has the first half before the connection closes.
  await until('the request has arrived', () => server.pendingRequests > 0);
  client.destroy();
  expect(await caught.promise).toMatchObject({ name: 'Refusal', code: 'invalid_request' });
  expect(await counted.promise).toBe(400);
});
