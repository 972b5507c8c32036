import {
  type AmendmentReceipt,
  afterClose,
  type ClientFrame,
  type ClientFrameOf,
  clientCloseCodes,
  limits,
  parseAnswer,
  type Receipt,
  ServerFrame,
  type ServerFrameOf,
  serverFrames,
  subprotocol,
} from '@parley/protocol';
import { backoffMs } from './backoff.ts';
import { amendmentsFeature, understoodFeatures } from './features.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import { PendingRequests, refusalOf } from './pending-requests.ts';
import type { ClientSocket, Runtime } from './runtime.ts';

/** The state of the connection. */
export type ConnectionState =
  /** Before `connect()` and after `close()`. */
  | { name: 'offline' }
  | { name: 'connecting' }
  /** Connected; missed entries are being fetched. */
  | { name: 'catching-up' }
  /** Connected and up to date. */
  | { name: 'live' }
  /** Reconnects at this wall time of the machine, or when the network is back. */
  | { name: 'waiting'; retryAtMs: number }
  /**
   * Does not reconnect: logged out, revoked, or not supported by the server. `code` is the code with which the server
   * closed the connection.
   */
  | { name: 'stopped'; reason: string; code?: number };

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  /** The connection is open. The handler calls `live` when missed entries have been fetched. */
  welcome(frame: ServerFrameOf<'welcome'>, live: () => void): void;
  frame(frame: ServerFrame): void;
  error(error: unknown): void;
}

/** After the connection was live for this long, the backoff starts small again. */
const stableAfterMs = 10_000;

type RequestFrame = Exclude<ClientFrame, { type: 'hello' | 'typing' }>;
type Message = Omit<ClientFrameOf<'send'>, 'type' | 'id'>;
type WithoutId<Frame> = Frame extends RequestFrame ? Omit<Frame, 'id'> : never;

export type Hello = Omit<ClientFrameOf<'hello'>, 'type'>;

const nothing = () => undefined;

/** Keeps one WebSocket open, and reopens it until {@link Connection.close} is called. */
export class Connection {
  state: ConnectionState = { name: 'offline' };
  serverFeatures: readonly string[] = [];
  private socket: ClientSocket | null = null;
  private attempt = 0;
  private liveSinceMs: number | null = null;
  private goawayMs: number | null = null;
  private readonly requests: PendingRequests;
  /** By {@link Runtime.monotonicMs}, like all times in this class. */
  private receivedAtMs = 0;
  private retryAtMs = 0;
  private cancelBeat: () => void = nothing;
  private cancelRetry: () => void = nothing;

  constructor(
    private readonly url: string,
    private readonly hello: () => Hello | false,
    private readonly runtime: Runtime,
    private readonly events: ConnectionEvents,
  ) {
    this.requests = new PendingRequests(runtime);
  }

  /** Whether the server has sent `welcome`. Before that, only `hello` may be sent. */
  get isConnected(): boolean {
    return this.state.name === 'live' || this.state.name === 'catching-up';
  }

  /** The time until the next attempt to connect; null unless `waiting`. */
  get retryInMs(): number | null {
    return this.state.name === 'waiting' ? Math.max(0, this.retryAtMs - this.runtime.monotonicMs()) : null;
  }

  /** Connects, and reconnects until {@link close} is called. No effect if already open. */
  open(): void {
    if (this.state.name === 'offline' || this.state.name === 'stopped') this.connect();
  }

  close(): void {
    if (this.state.name === 'offline') return;
    this.dropSocket();
    this.become({ name: 'offline' });
  }

  /** Closes this socket and opens another after the usual backoff. */
  restart(): void {
    if (this.socket) this.closed(this.socket, clientCloseCodes.internal, 'the client reconnects');
  }

  /**
   * Sends a request and resolves with the response. Rejects with {@link ParleyError}, also if the frame is too large, or
   * {@link Disconnected}.
   */
  request(frame: WithoutId<RequestFrame>): Promise<ServerFrame> {
    if (!this.isConnected) return Promise.reject(new Disconnected('not connected'));
    return this.requests.ask((id) => {
      const text = JSON.stringify({ ...frame, id });
      const sizeBytes = new TextEncoder().encode(text).length;
      // The server would close the connection, again and again.
      if (sizeBytes > limits.frameBytes) {
        throw new ParleyError('invalid_request', `the frame has ${sizeBytes} of at most ${limits.frameBytes} bytes`);
      }
      this.writeText(text);
    });
  }

  /** Sends a message and resolves when it is on the server's disk. Rejects like {@link request}. */
  async send({ conversationId, clientMessageId, text, replyTo }: Message): Promise<Receipt> {
    const reply = replyTo !== undefined && this.serverFeatures.includes(amendmentsFeature) && { replyTo };
    const answer = await this.request({ type: 'send', conversationId, clientMessageId, text, ...reply });
    if (answer.type !== 'ack') throw new Disconnected(`the response to a send is ${answer.type}`);
    return answer;
  }

  /** Amends a message and resolves when that is on the server's disk. Rejects like {@link request}. */
  async amend(amendment: Omit<ClientFrameOf<'amend'>, 'type' | 'id'>): Promise<AmendmentReceipt> {
    if (this.isConnected && !this.serverFeatures.includes(amendmentsFeature)) {
      throw new ParleyError('feature_not_enabled', 'the server does not support amendments');
    }
    const { conversationId, seq, amendmentId, change } = amendment;
    const answer = await this.request({ type: 'amend', conversationId, seq, amendmentId, change });
    if (answer.type !== 'amend_ack') throw new Disconnected(`the response to an amendment is ${answer.type}`);
    return answer;
  }

  /** Sends a frame without a response, if connected. */
  tell(frame: ClientFrame): void {
    if (this.isConnected) this.write(frame);
  }

  private write(frame: object): void {
    this.writeText(JSON.stringify(frame));
  }

  private writeText(text: string): void {
    // A closing socket accepts no frames. Its close event rejects the pending requests.
    if (this.socket?.readyState === this.socket?.OPEN) this.socket?.send(text);
  }

  private connect(): void {
    this.dropSocket();
    const hello = this.hello();
    if (!hello) {
      this.become({ name: 'stopped', reason: 'not logged in' });
      return;
    }
    let socket: ClientSocket;
    try {
      socket = this.runtime.openSocket(`${this.url.replace(/^http/, 'ws')}/v1/socket`, subprotocol);
    } catch (error) {
      this.events.error(error);
      this.become({ name: 'stopped', reason: String(error) });
      return;
    }
    this.socket = socket;
    this.receivedAtMs = this.runtime.monotonicMs();
    socket.onopen = () => {
      if (this.socket === socket) this.write({ type: 'hello', ...hello });
    };
    socket.onmessage = (message: { data: unknown }) => this.received(socket, message.data);
    // A close event follows. Without a handler, the package `ws` would end the process.
    socket.onerror = () => undefined;
    socket.onclose = (event: { code: number; reason: string }) => this.closed(socket, event.code, event.reason);
    this.beat(socket);
    this.become({ name: 'connecting' });
  }

  /** Sends a ping in every interval, and closes the socket when nothing arrived for too long. */
  private beat(socket: ClientSocket): void {
    const aheadMs = this.wallAheadMs();
    this.cancelBeat = this.runtime.after(limits.heartbeatMs, () => {
      const nowMs = this.runtime.monotonicMs();
      if (nowMs - this.receivedAtMs > limits.silenceMs) {
        this.closed(socket, clientCloseCodes.silent, 'heartbeat timeout');
        return;
      }
      // The machine slept or its clock was set: a response has to arrive before the next ping.
      if (this.wallAheadMs() - aheadMs > limits.silenceMs) {
        this.receivedAtMs = nowMs - limits.silenceMs + limits.heartbeatMs - 1;
      }
      this.write({ type: 'ping' });
      this.beat(socket);
    });
  }

  /** Increases when the machine sleeps and its monotonic clock stands still. */
  private wallAheadMs(): number {
    return this.runtime.nowMs() - this.runtime.monotonicMs();
  }

  private received(socket: ClientSocket, data: unknown): void {
    if (this.socket !== socket) return;
    this.receivedAtMs = this.runtime.monotonicMs();
    const frame = parsed(data);
    if (frame === 'unknown') return;
    if (!frame) {
      this.events.error(new Error('the server sent an invalid frame', { cause: String(data).slice(0, 200) }));
      return;
    }
    const isAnswer = this.requests.answer(frame);
    if (frame.type === 'error' && !isAnswer) this.events.error(refusalOf(frame));
    if (frame.type === 'pong' && frame.features) this.serverFeatures = frame.features;
    if (frame.type === 'goaway') this.goawayMs = frame.delayMs;
    else if (frame.type === 'welcome') this.welcomed(socket, frame);
    else this.events.frame(frame);
  }

  private welcomed(socket: ClientSocket, frame: ServerFrameOf<'welcome'>): void {
    this.serverFeatures = frame.features ?? [];
    // A server of an earlier version would reject the frame.
    if (frame.features) this.write({ type: 'features', features: understoodFeatures });
    this.become({ name: 'catching-up' });
    this.events.welcome(frame, () => {
      if (this.socket !== socket || this.state.name !== 'catching-up') return;
      this.liveSinceMs = this.runtime.monotonicMs();
      this.become({ name: 'live' });
    });
  }

  private closed(socket: ClientSocket, code: number, reason: string): void {
    if (this.socket !== socket) return;
    const isStable = this.liveSinceMs !== null && this.runtime.monotonicMs() - this.liveSinceMs > stableAfterMs;
    if (isStable) this.attempt = 0;
    const announced = this.goawayMs;
    this.dropSocket();
    const next = afterClose(code);
    if (next === 'stop') {
      this.become({ name: 'stopped', reason: reason || `closed with code ${code}`, code });
      return;
    }
    const backoff = next === 'reconnect' && this.attempt === 0 ? 0 : backoffMs(this.attempt, this.runtime.random());
    this.attempt++;
    this.retryAfter(announced ?? backoff);
  }

  private retryAfter(delayMs: number): void {
    const again = () => this.connect();
    const cancels = [this.runtime.after(delayMs, again), this.runtime.onOnline(again)];
    this.cancelRetry = () => {
      for (const cancel of cancels) cancel();
    };
    this.retryAtMs = this.runtime.monotonicMs() + delayMs;
    this.become({ name: 'waiting', retryAtMs: this.runtime.nowMs() + delayMs });
  }

  private dropSocket(): void {
    this.cancelBeat();
    this.cancelRetry();
    this.cancelBeat = nothing;
    this.cancelRetry = nothing;
    this.liveSinceMs = null;
    this.goawayMs = null;
    const { socket } = this;
    this.socket = null;
    this.requests.rejectAll();
    socket?.close();
  }

  /** Callers call this last, because a handler may close or reopen the connection. */
  private become(state: ConnectionState): void {
    this.state = state;
    this.events.state(state);
  }
}

/** `unknown` for a frame of an unknown type, null for data that is not a frame. */
function parsed(data: unknown): ServerFrame | 'unknown' | null {
  try {
    const frame = JSON.parse(String(data));
    const isUnknown = typeof frame?.type === 'string' && !Object.hasOwn(serverFrames, frame.type);
    return isUnknown ? 'unknown' : parseAnswer(ServerFrame, frame);
  } catch {
    return null;
  }
}
