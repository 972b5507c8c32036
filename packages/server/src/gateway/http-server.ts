import type { Server } from 'bun';
import type { Hono } from 'hono';
import type { SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import type { GatewayBindings } from './binding.ts';
import { clientAddress, trustedProxies as proxiesOf } from './client-address.ts';
import type { Health } from './health.ts';

/** A connection that is silent for this long is closed: slow headers, idle keep-alive. */
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
  const isTrusted = proxiesOf(trustedProxies);
  return Bun.serve<SocketData>({
    hostname: host,
    port,
    idleTimeout: idleTimeoutSeconds,
    // Ours refuses with an answer; this ends whoever goes on sending.
    maxRequestBodySize: 1024 * 1024,
    websocket: endpoint.handler(),
    fetch(request, server) {
      const peer = server.requestIP(request)?.address ?? '';
      const address = clientAddress(peer, request.headers.get('x-forwarded-for'), isTrusted);
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
