import type { Server } from 'bun';
import type { Hono } from 'hono';
import type { SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import type { Clock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { Late, within } from '../platform/waiting.ts';
import type { GatewayBindings } from './binding.ts';
import { clientAddress, trustedProxies as proxiesOf } from './client-address.ts';
import type { Health } from './health.ts';
import type { HttpGuard } from './http-guard.ts';
import { problemOf } from './problem.ts';

/** A connection that is silent for this long is closed: slow headers, idle keep-alive. */
const idleTimeoutSeconds = 30;

/** Stands for the host in the address of a request that names none, as HTTP/1.0 allows. */
const unnamedHost = 'http://unnamed.invalid';

/** Requests that are under way when a process stops have this long to be answered. */
const finishMs = 5_000;

/** What a process answers, by its roles. */
interface Offered {
  health: Health;
  guard: HttpGuard;
  api: Hono<GatewayBindings> | null;
  sockets: SocketEndpoint | null;
}

interface HttpServerOptions {
  host: string;
  port: number;
  trustedProxies: readonly string[];
}

/** Listens on one port for whatever the process offers of the API and the sockets. */
export function listen(
  { health, guard, api, sockets }: Offered,
  { host, port, trustedProxies }: HttpServerOptions,
): Server<SocketData> {
  const isTrusted = proxiesOf(trustedProxies);
  return Bun.serve<SocketData>({
    hostname: host,
    port,
    idleTimeout: idleTimeoutSeconds,
    // Ours refuses with an answer; this ends whoever goes on sending.
    maxRequestBodySize: 1024 * 1024,
    // What throws here is a fault of ours: Bun would answer with a page for developers, which shows our inside. Not by
    // `development: false`, with which Bun 1.4.5 shares a port that another process listens on.
    error: problemOf,
    websocket: sockets?.handler() ?? { message: () => undefined },
    fetch(request, server) {
      const { address: peer = '', port: peerPort = 0 } = server.requestIP(request) ?? {};
      const forwardedFor = request.headers.get('x-forwarded-for');
      const from = clientAddress(peer, { forwardedFor, forwarded: request.headers.get('forwarded') }, isTrusted);
      const admitted = guard.admit(request, { peer, connection: `${peer} ${peerPort}`, ...from });
      if (admitted instanceof Response) return admitted;
      const { address } = from;
      switch (URL.parse(request.url, unnamedHost)?.pathname) {
        case '/v1/socket':
          // The runtime upgrades no request that has waited.
          guard.answeredAtOnce(address);
          return sockets ? sockets.upgrade(request, server, address) : notOffered('messaging');
        case '/livez':
          return health.livez();
        case '/readyz':
          return health.readyz();
        default: {
          if (!URL.canParse(request.url)) return hostMissing();
          if (!api) return notOffered('gateway');
          const turn = guard.turn(address);
          return turn ? turn.then(() => api.fetch(request, admitted)) : api.fetch(request, admitted);
        }
      }
    },
  });
}

/** Takes no new connection, and resolves when what was asked before is answered, or has had its time. */
export async function finishRequests(server: Server<SocketData>, clock: Pick<Clock, 'after'>): Promise<void> {
  await within(clock, finishMs, server.stop()).catch((error: unknown) => {
    if (!(error instanceof Late)) throw error;
  });
  await server.stop(true);
}

function hostMissing(): Response {
  return problemOf(new Refusal('invalid_request', 'The request has no Host header, or one that names no host.'));
}

/** A load balancer that sends this here has it wrong; who reads it should know where it belongs. */
function notOffered(role: string): Response {
  return problemOf(new Refusal('not_found', `This process doesn't have the role ${role}.`));
}
