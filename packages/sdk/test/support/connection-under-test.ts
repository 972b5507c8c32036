import type { ServerFrame } from '@parley/protocol';
import { Connection, type ConnectionState } from '../../src/connection.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { welcome } from './frames.ts';

/** A connection with fake sockets, and the events that it emitted. */
export class ConnectionUnderTest {
  readonly runtime = new FakeRuntime();
  readonly states: ConnectionState[] = [];
  readonly frames: ServerFrame[] = [];
  readonly errors: unknown[] = [];
  token: string | null = 'secret';
  onState: (state: ConnectionState) => void = () => undefined;
  readonly connection: Connection;
  private becomeLive: () => void = () => undefined;

  constructor() {
    const hello = () => this.token !== null && { token: this.token, resume: true };
    this.connection = new Connection('https://chat.example', hello, this.runtime, {
      state: (state) => {
        this.states.push(state);
        this.onState(state);
      },
      welcome: (_, live) => {
        this.becomeLive = live;
      },
      frame: (frame) => this.frames.push(frame),
      error: (error) => this.errors.push(error),
    });
  }

  /** Opens the socket and completes the catch-up. */
  goLive(): void {
    this.runtime.socket.open();
    this.runtime.socket.say(welcome());
    this.becomeLive();
  }

  /** The time until the next attempt to connect. */
  get waitingMs(): number {
    const { state } = this.connection;
    if (state.name !== 'waiting') throw new Error(`it is ${state.name}`);
    return state.retryAtMs - this.runtime.nowMs();
  }
}
