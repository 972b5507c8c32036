import type { ServerFrame } from '@parley/protocol';
import type { ClientSocket, Runtime } from '../../src/index.ts';
import { counted, idle } from './idle.ts';

/** A runtime whose time, sockets and network the test controls. */
export class FakeRuntime implements Runtime {
  readonly sockets: FakeSocket[] = [];
  /** The result of `random`. */
  randomValue = 0.5;
  /** Returns the responses of the HTTP API. */
  answer: (url: URL, init: RequestInit) => Response | Promise<Response> = () => {
    throw new TypeError('no network');
  };
  /** Receives each frame that the client sends. */
  received: (socket: FakeSocket, frame: Record<string, unknown>) => void = () => undefined;
  private elapsedMs = 5_000;
  /** The difference between wall clock and monotonic clock. Tests change it to set the clock. */
  wallAheadMs = 995_000;
  private timers: { atMs: number; run: () => void }[] = [];
  private readonly onlineListeners = new Set<() => void>();
  private uuids = 0;

  nowMs(): number {
    return this.elapsedMs + this.wallAheadMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  /** The machine sleeps: timers and the monotonic clock stand still. */
  sleep(ms: number): void {
    this.wallAheadMs += ms;
  }

  random(): number {
    return this.randomValue;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.elapsedMs + delayMs, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    const response = await this.answer(new URL(url), init);
    const text = await counted(`the response of ${url}`, () => response.text());
    return Object.assign(response, { json: async () => JSON.parse(text) });
  }

  openSocket(url: string, subprotocol: string): ClientSocket {
    const socket: FakeSocket = new FakeSocket(url, subprotocol, (frame) => this.received(socket, frame));
    this.sockets.push(socket);
    return socket;
  }

  uuid(): string {
    return `uuid-${++this.uuids}`;
  }

  onOnline(run: () => void): () => void {
    this.onlineListeners.add(run);
    return () => this.onlineListeners.delete(run);
  }

  goOnline(): void {
    for (const run of [...this.onlineListeners]) run();
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  get timerCount(): number {
    return this.timers.length;
  }

  /** Lets time pass and runs the timers that are due, in order. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.elapsedMs + ms;
    for (let next = this.nextUntil(untilMs); next; next = this.nextUntil(untilMs)) {
      this.timers = this.timers.filter((each) => each !== next);
      this.elapsedMs = next.atMs;
      next.run();
      await idle();
    }
    this.elapsedMs = untilMs;
  }

  /** Lets time pass until the client has opened another socket. */
  async untilReopened(): Promise<void> {
    for (let seconds = 0; this.socket.isClosed; seconds++) {
      if (seconds === 120) throw new Error('the client opened no socket within two minutes');
      await this.pass(1_000);
    }
  }

  private nextUntil(untilMs: number) {
    return this.timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}

/** A socket whose server side the test controls. */
export class FakeSocket {
  readonly OPEN = 1;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (event: { code: number; reason: string }) => void = () => undefined;
  onerror: () => void = () => undefined;

  constructor(
    readonly url: string,
    readonly subprotocol: string,
    private readonly received: (frame: Record<string, unknown>) => void,
  ) {}

  send(data: string): void {
    if (this.readyState !== this.OPEN) throw new Error('the socket is not open');
    const frame = JSON.parse(data) as Record<string, unknown>;
    this.sent.push(frame);
    this.received(frame);
  }

  close(): void {
    this.readyState = 3;
  }

  get isClosed(): boolean {
    return this.readyState === 3;
  }

  open(): void {
    this.readyState = this.OPEN;
    this.onopen();
  }

  /** The server sends a frame. */
  say(frame: ServerFrame): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  sayRaw(data: string): void {
    this.onmessage({ data });
  }

  /** The server or the network closes the connection. */
  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  /** The frames of this type that the client sent. */
  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame['type'] === type);
  }
}
