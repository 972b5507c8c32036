import type { Socket, TCPSocketListener } from 'bun';

interface Pipe {
  /** Null until the server took the connection. */
  server: Socket<unknown> | null;
  waiting: Uint8Array[];
}

/** A whole HTTP answer to a request for a path, or null to let it pass. */
type Intercept = (path: string) => string | Promise<string> | null;

/** The way from a browser to a server, which can be cut, held, answered in between, and given back. */
export class Network {
  private readonly listener: TCPSocketListener<Pipe>;
  private readonly open = new Set<Socket<Pipe>>();
  private state: 'open' | 'cut' | 'held' = 'open';
  private answerOfProxy: Intercept | null = null;

  constructor(private readonly serverPort: number) {
    this.listener = Bun.listen<Pipe>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (client) => this.opened(client),
        data: (client, data) => this.toServer(client, data),
        close: (client) => {
          this.open.delete(client);
          client.data.server?.end();
        },
      },
    });
  }

  get url(): string {
    return `http://localhost:${this.listener.port}`;
  }

  /** Every connection ends, and no other is made, until {@link mend}. */
  cut(): void {
    this.state = 'cut';
    for (const client of [...this.open]) client.terminate();
  }

  /** Nothing passes, and nobody is told: as when a lid is closed. */
  hold(): void {
    this.state = 'held';
  }

  /**
   * A proxy on the way answers requests itself, in HTTP's own form, until {@link mend}; null lets one pass.
   * Connections that are open end, unless they may stay.
   */
  intercept(answer: Intercept, { keepsOpen = false } = {}): void {
    this.answerOfProxy = answer;
    if (!keepsOpen) for (const client of [...this.open]) client.terminate();
  }

  /** New connections pass again; those that were held are gone. */
  mend(): void {
    const wasHeld = this.state === 'held';
    this.state = 'open';
    this.answerOfProxy = null;
    if (wasHeld) for (const client of [...this.open]) client.terminate();
  }

  close(): void {
    this.listener.stop(true);
  }

  private opened(client: Socket<Pipe>): void {
    client.data = { server: null, waiting: [] };
    if (this.state === 'cut') {
      client.terminate();
      return;
    }
    this.open.add(client);
    Bun.connect({
      hostname: '127.0.0.1',
      port: this.serverPort,
      socket: {
        open: (server) => {
          client.data.server = server;
          for (const data of client.data.waiting) server.write(data);
        },
        data: (_, data) => {
          if (this.state === 'open') client.write(data);
        },
        close: () => {
          if (this.state !== 'held') client.end();
        },
      },
    }).catch(() => client.terminate());
  }

  private toServer(client: Socket<Pipe>, data: Uint8Array): void {
    if (this.state !== 'open') return;
    const [, path] = /^[A-Z]+ (\S+) HTTP/.exec(Buffer.from(data).toString('latin1')) ?? [];
    const answer = path === undefined ? null : this.answerOfProxy?.(path);
    if (answer) {
      Promise.resolve(answer).then(
        (text) => client.end(text),
        () => client.terminate(),
      );
      return;
    }
    if (client.data.server) client.data.server.write(data);
    else client.data.waiting.push(new Uint8Array(data));
  }
}
