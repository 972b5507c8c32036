import type { ClientEvents } from './client-events.ts';
import type { ConnectionState } from './connection.ts';
import type { Events } from './events.ts';
import { HttpApi } from './http.ts';
import type { Runtime } from './runtime.ts';

/** While connected, it is asked this often whether the server answers requests again. */
const askAgainMs = 10_000;

/** Whether something between here and the server answers requests in its place. */
export class Interception {
  /** Whose answers tell. */
  readonly api: HttpApi;
  private isIntercepted = false;
  private state: ConnectionState['name'] = 'offline';
  /** Connections in a row that came to nothing. */
  private failures = 0;
  private cancel: () => void = () => undefined;

  constructor(
    url: string,
    private readonly runtime: Runtime,
    private readonly events: Events<ClientEvents>,
  ) {
    this.api = new HttpApi(url, runtime, (isOfServer) => this.answered(isOfServer));
    events.on('state', ({ name }) => this.connectionIs(name));
  }

  private answered(isOfServer: boolean): void {
    if (this.isIntercepted === !isOfServer) return;
    this.isIntercepted = !isOfServer;
    this.events.emit('intercepted', { isIntercepted: this.isIntercepted });
    this.askLater();
  }

  /** A socket doesn't tell why it wasn't opened: after the second that came to nothing, a request does. */
  private connectionIs(state: ConnectionState['name']): void {
    this.state = state;
    if (state === 'live') this.failures = 0;
    if (state === 'waiting' && ++this.failures > 1) this.ask();
    this.askLater();
  }

  private askLater(): void {
    this.cancel();
    if (this.isIntercepted && this.state === 'live') this.cancel = this.runtime.after(askAgainMs, () => this.ask());
  }

  private ask(): void {
    this.api
      .call('getServer', {})
      // What it fails with was told already.
      .catch(() => undefined)
      .finally(() => this.askLater());
  }
}
