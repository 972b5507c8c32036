import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Returns a complete HTTP response to a request for a path, or null to let the request pass. */
type Intercept = (path: string) => string | Promise<string> | null;

/** A network between a browser and a server, which tests can cut, hold, and intercept. */
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

  /** Closes all connections and refuses new ones until {@link mend}. */
  cut(): void {
    this.state = 'cut';
    this.endAll();
  }

  /** Drops all data without closing connections, as when a laptop is closed. */
  hold(): void {
    this.state = 'held';
  }

  /**
   * Answers requests in place of the server until {@link mend}. Closes open connections unless `keepsOpen`.
   */
  intercept(answer: Intercept, { keepsOpen = false } = {}): void {
    this.answerOfProxy = answer;
    if (!keepsOpen) this.endAll();
  }

  /** Lets connections pass again. Closes those that were held. */
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
    // A socket buffers data that its reader is not ready for, so a slow reader loses nothing.
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

  /** Answers a client's request if it is intercepted, and returns whether it is. */
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
