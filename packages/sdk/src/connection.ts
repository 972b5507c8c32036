import {
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
import { understoodFeatures } from './features.ts';
import { Disconnected } from './parley-error.ts';
import { PendingRequests, refusalOf } from './pending-requests.ts';
import type { ClientSocket, Runtime } from './runtime.ts';

/** Where the connection is. */
export type ConnectionState =
  /** Not wanted. */
  | { name: 'offline' }
  | { name: 'connecting' }
  /** Connected; what was missed is being fetched. */
  | { name: 'catching-up' }
  /** Everything comes as it happens. */
  | { name: 'live' }
  /** Connects again at this time, by this machine's clock when it was set, or when the network is back. */
  | { name: 'waiting'; retryAtMs: number }
  /**
   * Doesn't come back by itself: logged out, revoked, or the server doesn't understand this client. `code` is that with
   * which the server closed the connection.
   */
  | { name: 'stopped'; reason: string; code?: number };

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  /** The connection is open; `live` is called when what was missed has been fetched. */
  welcome(frame: ServerFrameOf<'welcome'>, live: () => void): void;
  frame(frame: ServerFrame): void;
  error(error: unknown): void;
}

/** After being live for this long, the next back-off starts small again. */
const steadyAfterMs = 10_000;

type RequestFrame = Exclude<ClientFrame, { type: 'hello' | 'typing' }>;
type Message = Omit<ClientFrameOf<'send'>, 'type' | 'id'>;
type WithoutId<Frame> = Frame extends RequestFrame ? Omit<Frame, 'id'> : never;

export type Hello = Omit<ClientFrameOf<'hello'>, 'type'>;

const nothing = () => undefined;

/** One WebSocket at a time, opened again for as long as it is wanted. */
export class Connection {
  state: ConnectionState = { name: 'offline' };
  serverFeatures: readonly string[] = [];
  private socket: ClientSocket | null = null;
  private attempt = 0;
  private liveSinceMs: number | null = null;
  private goawayMs: number | null = null;
  private readonly requests: PendingRequests;
  /** Of {@link Runtime.monotonicMs}, like every time here. */
  private heardMs = 0;
  private comeBackAtMs = 0;
  private cancelBeat: () => void = nothing;
  private cancelComeBack: () => void = nothing;

  constructor(
    private readonly url: string,
    private readonly hello: () => Hello | false,
    private readonly runtime: Runtime,
    private readonly events: ConnectionEvents,
  ) {
    this.requests = new PendingRequests(runtime);
  }

  /** Whether the server has said welcome: nothing but the hello may be sent before. */
  get isConnected(): boolean {
    return this.state.name === 'live' || this.state.name === 'catching-up';
  }

  /** How long until the next attempt to connect; null unless `waiting`. */
  get retryInMs(): number | null {
    return this.state.name === 'waiting' ? Math.max(0, this.comeBackAtMs - this.runtime.monotonicMs()) : null;
  }

  /** Connects, and stays connected until {@link close}. Does nothing when that is so already. */
  open(): void {
    if (this.state.name === 'offline' || this.state.name === 'stopped') this.connect();
  }

  close(): void {
    if (this.state.name === 'offline') return;
    this.dropSocket();
    this.become({ name: 'offline' });
  }

  /** Ends this connection and makes another, after the usual back-off. */
  restart(): void {
    if (this.socket) this.closed(this.socket, clientCloseCodes.internal, 'the client starts anew');
  }

  /** Sends a request and resolves with its answer. Throws {@link ParleyError} or {@link Disconnected}. */
  request(frame: WithoutId<RequestFrame>): Promise<ServerFrame> {
    if (!this.isConnected) return Promise.reject(new Disconnected('not connected'));
    return this.requests.ask((id) => this.write({ ...frame, id }));
  }

  /** Sends a message, and resolves once it is on the server's disk. Throws as {@link request} does. */
  async send({ conversationId, clientMessageId, text }: Message): Promise<Receipt> {
    const answer = await this.request({ type: 'send', conversationId, clientMessageId, text });
    if (answer.type !== 'ack') throw new Disconnected(`a send was answered with ${answer.type}`);
    return answer;
  }

  /** Sends what needs no answer, if connected. */
  tell(frame: ClientFrame): void {
    if (this.isConnected) this.write(frame);
  }

  private write(frame: object): void {
    // A socket that is closing takes nothing more; its close, which follows, ends what waits for an answer.
    if (this.socket?.readyState === this.socket?.OPEN) this.socket?.send(JSON.stringify(frame));
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
    this.heardMs = this.runtime.monotonicMs();
    socket.onopen = () => {
      if (this.socket === socket) this.write({ type: 'hello', ...hello });
    };
    socket.onmessage = (message: { data: unknown }) => this.received(socket, message.data);
    // A close follows. Without a handler the package `ws` would end the process.
    socket.onerror = () => undefined;
    socket.onclose = (event: { code: number; reason: string }) => this.closed(socket, event.code, event.reason);
    this.beat(socket);
    this.become({ name: 'connecting' });
  }

  /** Pings while the socket is there, and gives it up when nothing was heard for too long. */
  private beat(socket: ClientSocket): void {
    const aheadMs = this.wallAheadMs();
    this.cancelBeat = this.runtime.after(limits.heartbeatMs, () => {
      const nowMs = this.runtime.monotonicMs();
      if (nowMs - this.heardMs > limits.silenceMs) {
        this.closed(socket, clientCloseCodes.silent, 'nothing was heard');
        return;
      }
      // The machine slept, or its clock was set: the ping has to be answered before the next one.
      if (this.wallAheadMs() - aheadMs > limits.silenceMs) {
        this.heardMs = nowMs - limits.silenceMs + limits.heartbeatMs - 1;
      }
      this.write({ type: 'ping' });
      this.beat(socket);
    });
  }

  /** Grows with each sleep through which the monotonic clock stands still. */
  private wallAheadMs(): number {
    return this.runtime.nowMs() - this.runtime.monotonicMs();
  }

  private received(socket: ClientSocket, data: unknown): void {
    if (this.socket !== socket) return;
    this.heardMs = this.runtime.monotonicMs();
    const frame = parsed(data);
    if (frame === 'unknown') return;
    if (!frame) {
      this.events.error(new Error('the server sent an invalid frame', { cause: data }));
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
    // A server of an earlier version would refuse it.
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
    const steady = this.liveSinceMs !== null && this.runtime.monotonicMs() - this.liveSinceMs > steadyAfterMs;
    if (steady) this.attempt = 0;
    const announced = this.goawayMs;
    this.dropSocket();
    const next = afterClose(code);
    if (next === 'stop') {
      this.become({ name: 'stopped', reason: reason || `closed with code ${code}`, code });
      return;
    }
    const backoff = next === 'reconnect' && this.attempt === 0 ? 0 : backoffMs(this.attempt, this.runtime.random());
    this.attempt++;
    this.comeBackAfter(announced ?? backoff);
  }

  private comeBackAfter(delayMs: number): void {
    const again = () => this.connect();
    const cancels = [this.runtime.after(delayMs, again), this.runtime.onOnline(again)];
    this.cancelComeBack = () => {
      for (const cancel of cancels) cancel();
    };
    this.comeBackAtMs = this.runtime.monotonicMs() + delayMs;
    this.become({ name: 'waiting', retryAtMs: this.runtime.nowMs() + delayMs });
  }

  private dropSocket(): void {
    this.cancelBeat();
    this.cancelComeBack();
    this.cancelBeat = nothing;
    this.cancelComeBack = nothing;
    this.liveSinceMs = null;
    this.goawayMs = null;
    const { socket } = this;
    this.socket = null;
    this.requests.rejectAll();
    socket?.close();
  }

  /** Comes last in whatever changes the state: a listener may close, or open again. */
  private become(state: ConnectionState): void {
    this.state = state;
    this.events.state(state);
  }
}

/** `unknown` for a frame of a type that came with a later version, null for what is no frame. */
function parsed(data: unknown): ServerFrame | 'unknown' | null {
  try {
    const frame = JSON.parse(String(data));
    const isUnknown = typeof frame?.type === 'string' && !Object.hasOwn(serverFrames, frame.type);
    return isUnknown ? 'unknown' : parseAnswer(ServerFrame, frame);
  } catch {
    return null;
  }
}
