import {
  afterClose,
  type ClientFrame,
  closeCodes,
  limits,
  ServerFrame,
  type ServerFrameOf,
  subprotocol,
} from '@parley/protocol';
import { backoffMs } from './backoff.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** Where the connection is. */
export type ConnectionState =
  /** Not wanted. */
  | { name: 'offline' }
  | { name: 'connecting' }
  /** Connected; what was missed is being fetched. */
  | { name: 'catching-up' }
  /** Everything comes as it happens. */
  | { name: 'live' }
  /** Comes back by itself at this time, or when the network is back. */
  | { name: 'waiting'; retryAtMs: number }
  /** Doesn't come back by itself: logged out, revoked, or the server doesn't understand this client. */
  | { name: 'stopped'; reason: string };

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  /** The connection is open; `live` is called when what was missed has been fetched. */
  welcome(frame: ServerFrameOf<'welcome'>, live: () => void): void;
  frame(frame: ServerFrame): void;
  error(error: unknown): void;
}

/** After being live for this long, the next back-off starts small again. */
const steadyAfterMs = 10_000;
const requestTimeoutMs = 15_000;

type RequestFrame = Exclude<ClientFrame, { type: 'hello' | 'typing' }>;
type WithoutId<Frame> = Frame extends RequestFrame ? Omit<Frame, 'id'> : never;

interface Waiting {
  resolve(frame: ServerFrame): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

/** One WebSocket at a time, opened again for as long as it is wanted. */
export class Connection {
  state: ConnectionState = { name: 'offline' };
  private socket: WebSocket | null = null;
  private attempt = 0;
  private liveSinceMs: number | null = null;
  private goawayMs: number | null = null;
  private requests = new Map<string, Waiting>();
  private nextId = 1;
  private heardMs = 0;
  private cancelTimers: (() => void)[] = [];

  constructor(
    private readonly url: string,
    private readonly hello: () => Omit<ClientFrame & { type: 'hello' }, 'type'> | false,
    private readonly runtime: Runtime,
    private readonly events: ConnectionEvents,
  ) {}

  /** Connects, and stays connected until {@link close}. Does nothing when that is so already. */
  open(): void {
    if (this.state.name === 'offline' || this.state.name === 'stopped') this.connect();
  }

  close(): void {
    this.become({ name: 'offline' });
    this.dropSocket();
  }

  /** Ends this connection and makes another, after the usual back-off. */
  restart(): void {
    if (this.socket) this.closed(this.socket, closeCodes.internal.code, 'the client starts anew');
  }

  /** Sends a request and resolves with its answer. Throws {@link ParleyError} or {@link Disconnected}. */
  request(frame: WithoutId<RequestFrame>): Promise<ServerFrame> {
    const socket = this.socket;
    if (!socket || socket.readyState !== socket.OPEN) return Promise.reject(new Disconnected('not connected'));
    const id = String(this.nextId++);
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.runtime.after(requestTimeoutMs, () => {
        this.requests.delete(id);
        reject(new Disconnected('no answer came in time'));
      });
      this.requests.set(id, { resolve, reject, cancelTimeout });
      socket.send(JSON.stringify({ ...frame, id }));
    });
  }

  /** Sends what needs no answer, if connected. */
  tell(frame: ClientFrame): void {
    if (this.socket?.readyState === this.socket?.OPEN) this.socket?.send(JSON.stringify(frame));
  }

  private connect(): void {
    this.dropSocket();
    const hello = this.hello();
    if (!hello) {
      this.become({ name: 'stopped', reason: 'not logged in' });
      return;
    }
    this.become({ name: 'connecting' });
    let socket: WebSocket;
    try {
      socket = this.runtime.openSocket(`${this.url.replace(/^http/, 'ws')}/v1/socket`, subprotocol);
    } catch (error) {
      this.events.error(error);
      this.become({ name: 'stopped', reason: String(error) });
      return;
    }
    this.socket = socket;
    this.heardMs = this.runtime.nowMs();
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...hello }));
    socket.onmessage = (message) => this.received(socket, message.data);
    socket.onclose = (event) => this.closed(socket, event.code, event.reason);
    this.beat(socket);
  }

  /** Pings while the socket is there, and gives it up when nothing was heard for too long. */
  private beat(socket: WebSocket): void {
    const cancel = this.runtime.after(limits.heartbeatMs, () => {
      if (this.socket !== socket) return;
      if (this.runtime.nowMs() - this.heardMs > limits.silenceMs) {
        this.closed(socket, closeCodes.silent.code, 'nothing was heard');
        return;
      }
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ type: 'ping' }));
      this.beat(socket);
    });
    this.cancelTimers.push(cancel);
  }

  private received(socket: WebSocket, data: unknown): void {
    if (this.socket !== socket) return;
    this.heardMs = this.runtime.nowMs();
    const frame = parsed(data);
    if (!frame) {
      this.events.error(new Error(`a frame was not understood: ${String(data).slice(0, 200)}`));
      return;
    }
    const waiting = 'id' in frame && frame.id !== undefined ? this.requests.get(frame.id) : undefined;
    if (waiting && 'id' in frame && frame.id !== undefined) {
      this.requests.delete(frame.id);
      waiting.cancelTimeout();
      if (frame.type === 'error') waiting.reject(errorOf(frame));
      else waiting.resolve(frame);
    }
    if (frame.type === 'goaway') this.goawayMs = frame.delayMs;
    else if (frame.type === 'welcome') this.welcomed(socket, frame);
    else this.events.frame(frame);
  }

  private welcomed(socket: WebSocket, frame: ServerFrameOf<'welcome'>): void {
    this.become({ name: 'catching-up' });
    this.events.welcome(frame, () => {
      if (this.socket !== socket || this.state.name !== 'catching-up') return;
      this.liveSinceMs = this.runtime.nowMs();
      this.become({ name: 'live' });
    });
  }

  private closed(socket: WebSocket, code: number, reason: string): void {
    if (this.socket !== socket) return;
    const steady = this.liveSinceMs !== null && this.runtime.nowMs() - this.liveSinceMs > steadyAfterMs;
    if (steady) this.attempt = 0;
    this.dropSocket();
    const next = afterClose(code);
    if (next === 'stop') {
      this.become({ name: 'stopped', reason: reason || `closed with code ${code}` });
      return;
    }
    const announced = code === closeCodes.goaway.code ? this.goawayMs : null;
    this.goawayMs = null;
    const backoff = next === 'reconnect' && this.attempt === 0 ? 0 : backoffMs(this.attempt, this.runtime.random());
    this.attempt++;
    this.comeBackAfter(announced ?? backoff);
  }

  private comeBackAfter(delayMs: number): void {
    this.become({ name: 'waiting', retryAtMs: this.runtime.nowMs() + delayMs });
    const again = () => {
      if (this.state.name === 'waiting') this.connect();
    };
    this.cancelTimers.push(this.runtime.after(delayMs, again), this.runtime.onOnline(again));
  }

  private dropSocket(): void {
    for (const cancel of this.cancelTimers) cancel();
    this.cancelTimers = [];
    this.liveSinceMs = null;
    const { socket, requests } = this;
    this.socket = null;
    this.requests = new Map();
    for (const { reject, cancelTimeout } of requests.values()) {
      cancelTimeout();
      reject(new Disconnected('the connection ended before the answer came'));
    }
    socket?.close();
  }

  private become(state: ConnectionState): void {
    this.state = state;
    this.events.state(state);
  }
}

function parsed(data: unknown): ServerFrame | null {
  try {
    const frame = ServerFrame.safeParse(JSON.parse(String(data)));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}

function errorOf(frame: ServerFrameOf<'error'>): ParleyError {
  const errors = frame.field === undefined ? [] : [{ field: frame.field, rule: frame.message }];
  return new ParleyError(frame.code, frame.message, null, errors, frame.retryAfterMs ?? null);
}
