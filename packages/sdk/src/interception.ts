import type { ClientEvents } from './client-events.ts';
import type { ConnectionState } from './connection.ts';
import type { Events } from './events.ts';
import { HttpApi } from './http.ts';
import type { Runtime } from './runtime.ts';

/** The interval at which an intercepted client that is connected tests whether the server responds again. */
const checkIntervalMs = 10_000;

/** Detects whether a proxy or network responds in the server's place. */
export class Interception {
  /** The API whose responses are observed. */
  readonly api: HttpApi;
  private isIntercepted = false;
  private state: ConnectionState['name'] = 'offline';
  /** Consecutive failed attempts to connect. */
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
    this.checkLater();
  }

  /** A socket does not report why it could not be opened. After two failed attempts, a request shows it. */
  private connectionIs(state: ConnectionState['name']): void {
    this.state = state;
    if (state === 'live') this.failures = 0;
    if (state === 'waiting' && ++this.failures > 1) this.check();
    this.checkLater();
  }

  private checkLater(): void {
    this.cancel();
    if (this.isIntercepted && this.state === 'live')
      this.cancel = this.runtime.after(checkIntervalMs, () => this.check());
  }

  private check(): void {
    this.api
      .call('getServer', {})
      // The failure was already reported by `answered`.
      .catch(() => undefined)
      .finally(() => this.checkLater());
  }
}
