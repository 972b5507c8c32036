import type { Server } from 'bun';
import { until } from '../support/until.ts';

interface BackendOptions {
  hostname?: string;
  port?: number;
}

/** A process of Parley as HAProxy sees it: reports whether it is ready, and accepts sockets and requests. */
export class Backend {
  ready = true;
  /** How late it answers a health check, as a process does while one of its services hangs. */
  checkTakesMs = 0;
  /** The number of health checks that it answered. */
  checks = 0;
  sockets = 0;
  /** The files that it serves, by path. */
  readonly assets = new Set<string>();
  /** The number of requests that it answered, except health checks. */
  requests = 0;
  private readonly server: Server<undefined>;

  constructor(
    readonly name: string,
    { hostname = '127.0.0.1', port = 0 }: BackendOptions = {},
  ) {
    this.server = Bun.serve({
      port,
      hostname,
      fetch: async (request, server) => {
        const { pathname } = new URL(request.url, 'http://unnamed.invalid');
        if (pathname === '/readyz') {
          if (this.checkTakesMs > 0) await Bun.sleep(this.checkTakesMs);
          this.checks++;
          return new Response('', { status: this.ready ? 200 : 503 });
        }
        if (pathname === '/v1/socket') return server.upgrade(request) ? undefined : new Response('', { status: 426 });
        this.requests++;
        if (this.assets.has(pathname)) return new Response(name);
        if (pathname !== '/v1/server') return new Response('', { status: 404 });
        const header = (field: string) => request.headers.get(field);
        return Response.json({ name, forwardedFor: header('x-forwarded-for'), traceparent: header('traceparent') });
      },
      websocket: {
        open: () => {
          this.sockets++;
        },
        close: () => {
          this.sockets--;
        },
        message: (socket) => {
          socket.send(name);
        },
      },
    });
  }

  get port(): number {
    return this.server.port ?? 0;
  }

  stop(): Promise<void> {
    return this.server.stop(true);
  }
}

/** A WebSocket to the process that HAProxy chooses. Rejects when it is refused. */
export async function openSocket(url: string): Promise<WebSocket> {
  const made = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`);
  await new Promise((resolve, reject) => {
    made.onopen = resolve;
    made.onerror = reject;
    made.onclose = reject;
  });
  return made;
}

/** The name of the {@link Backend} that has the socket. */
export function answerOf(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onclose = reject;
    socket.send('who?');
  });
}

/** Resolves when this side has closed. */
export function close(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onclose = () => resolve();
    socket.close();
  });
}

/**
 * Opens and closes sockets until all new ones reach this process, that is, until HAProxy has noticed that only it
 * accepts sockets. The other processes must not have more sockets than it, because HAProxy would not choose them then.
 */
export async function untilOnly(name: string, url: string): Promise<void> {
  let inARow = 0;
  await until(`20 new sockets in a row reach ${name}`, async () => {
    const socket = await openSocket(url);
    inARow = (await answerOf(socket)) === name ? inARow + 1 : 0;
    await close(socket);
    return inARow === 20;
  });
}
