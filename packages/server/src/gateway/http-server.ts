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

/** Replaces the host in the URL of a request that names none, as HTTP/1.0 allows. */
const unnamedHost = 'http://unnamed.invalid';

/** Time that requests have to finish when a process stops. */
const finishMs = 5_000;

/** The endpoints of a process, which depend on its roles. */
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

/** Listens for requests and sockets. The simulator passes a network of its own. */
export type Serve = (options: Bun.Serve.Options<SocketData>) => Server<SocketData>;

export const bunServe: Serve = (options) => Bun.serve(options);

/** Listens on one port for the API and the sockets that the process offers. */
export function listen(
  { health, guard, api, sockets }: Offered,
  { host, port, trustedProxies }: HttpServerOptions,
  serve: Serve = bunServe,
): Server<SocketData> {
  const isTrusted = proxiesOf(trustedProxies);
  return serve({
    hostname: host,
    port,
    idleTimeout: idleTimeoutSeconds,
    // The server's own limit answers with a refusal; this one cuts a client off that keeps sending.
    maxRequestBodySize: 1024 * 1024,
    // An exception here is a fault of the server. Bun would answer it with a page for developers that shows internals.
    // `development: false` is no alternative: with it, Bun 1.4.5 shares a port that another process listens on.
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
          // The runtime can't upgrade a request after an await.
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

/** Accepts no new connections, and resolves when the requests under way are answered or have timed out. */
export async function finishRequests(server: Server<SocketData>, clock: Pick<Clock, 'after'>): Promise<void> {
  await within(clock, finishMs, server.stop()).catch((error: unknown) => {
    if (!(error instanceof Late)) throw error;
  });
  await server.stop(true);
}

function hostMissing(): Response {
  return problemOf(new Refusal('invalid_request', 'The request has no Host header, or one that names no host.'));
}

/** A load balancer is misconfigured if it sends this request here; the answer names the missing role. */
function notOffered(role: string): Response {
  return problemOf(new Refusal('not_found', `This process doesn't have the role ${role}.`));
}
