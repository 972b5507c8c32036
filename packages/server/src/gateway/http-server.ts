import type { Server } from 'bun';
import type { Hono } from 'hono';
import type { SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import type { GatewayBindings } from './binding.ts';
import { clientAddress } from './client-address.ts';
import type { Health } from './health.ts';

/** A request whose body doesn't come within this is ended (slow bodies; oven-sh/bun#33612). */
const idleTimeoutSeconds = 30;

interface HttpServerOptions {
  host: string;
  port: number;
  trustedProxies: readonly string[];
}

/** Listens for the API and the sockets on one port. */
export function listen(
  api: Hono<GatewayBindings>,
  endpoint: SocketEndpoint,
  health: Health,
  { host, port, trustedProxies }: HttpServerOptions,
): Server<SocketData> {
  const trusted = new Set(trustedProxies);
  return Bun.serve<SocketData>({
    hostname: host,
    port,
    idleTimeout: idleTimeoutSeconds,
    maxRequestBodySize: 1024 * 1024,
    websocket: endpoint.handler(),
    fetch(request, server) {
      const peer = server.requestIP(request)?.address ?? '';
      const address = clientAddress(peer, request.headers.get('x-forwarded-for'), trusted);
      switch (new URL(request.url).pathname) {
        case '/v1/socket':
          return endpoint.upgrade(request, server, address);
        case '/livez':
          return health.livez();
        case '/readyz':
          return health.readyz();
        default:
          return api.fetch(request, { address });
      }
    },
  });
}
