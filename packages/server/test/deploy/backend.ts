import type { Server } from 'bun';

interface BackendOptions {
  hostname?: string;
  port?: number;
}

/** What a process of Parley looks like from HAProxy: it says whether it is ready, and takes sockets and requests. */
export class Backend {
  ready = true;
  sockets = 0;
  private readonly server: Server<undefined>;

  constructor(
    readonly name: string,
    { hostname = '127.0.0.1', port = 0 }: BackendOptions = {},
  ) {
    this.server = Bun.serve({
      port,
      hostname,
      fetch: (request, server) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/readyz') return new Response('', { status: this.ready ? 200 : 503 });
        if (pathname === '/v1/socket') return server.upgrade(request) ? undefined : new Response('', { status: 426 });
        return Response.json({ name, forwardedFor: request.headers.get('x-forwarded-for') });
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

/** A WebSocket to whom HAProxy chooses. Rejects when it is not let in. */
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
