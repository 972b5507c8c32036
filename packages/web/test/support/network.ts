import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A whole HTTP answer to a request for a path, or null to let it pass. */
type Intercept = (path: string) => string | Promise<string> | null;

/** The way from a browser to a server, which can be cut, held, answered in between, and given back. */
export class Network {
  private readonly listener: Server;
  private readonly open = new Set<Socket>();
  private state: 'open' | 'cut' | 'held' = 'open';
  private answerOfProxy: Intercept | null = null;

  constructor(private readonly serverPort: number) {
    this.listener = createServer((client) => this.opened(client));
    this.listener.listen(0, '127.0.0.1');
  }

  get url(): string {
    return `http://localhost:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Every connection ends, and no other is made, until {@link mend}. */
  cut(): void {
    this.state = 'cut';
    this.endAll();
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
    if (!keepsOpen) this.endAll();
  }

  /** New connections pass again; those that were held are gone. */
  mend(): void {
    const wasHeld = this.state === 'held';
    this.state = 'open';
    this.answerOfProxy = null;
    if (wasHeld) this.endAll();
  }

  close(): void {
    this.listener.close();
    this.endAll();
  }

  private endAll(): void {
    for (const client of this.open) client.destroy();
  }

  private opened(client: Socket): void {
    if (this.state === 'cut') {
      client.destroy();
      return;
    }
    this.open.add(client);
    const server = connect(this.serverPort, '127.0.0.1');
    // What does not fit into a socket at once waits in it: a slow reader loses nothing.
    client.on('data', (data) => {
      if (this.state === 'open' && !this.intercepted(client, data)) server.write(data);
    });
    server.on('data', (data) => {
      if (this.state === 'open') client.write(data);
    });
    client.on('error', () => client.destroy());
    client.on('close', () => {
      this.open.delete(client);
      server.destroy();
    });
    server.on('error', () => server.destroy());
    server.on('close', () => {
      if (this.state !== 'held') client.end();
    });
  }

  /** Whether the proxy answers what comes from a client. */
  private intercepted(client: Socket, data: string | Buffer): boolean {
    const [, path] = /^[A-Z]+ (\S+) HTTP/.exec(String(data)) ?? [];
    const answer = path === undefined ? null : this.answerOfProxy?.(path);
    if (!answer) return false;
    Promise.resolve(answer).then(
      (text) => client.end(text),
      () => client.destroy(),
    );
    return true;
  }
}
