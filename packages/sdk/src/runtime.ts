/**
 * The part of the WebSocket interface that the client uses. Those of browsers, Bun, Node and the package `ws` have it.
 * The type `never` of the events makes all of their handler types assignable.
 */
export interface ClientSocket {
  readonly readyState: number;
  readonly OPEN: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

export type ClientSocketConstructor = new (url: string, subprotocol: string) => ClientSocket;

/** The client's access to its platform. Tests pass their own. */
export interface Runtime {
  /**
   * Wall time, for times that are shown or stored. It jumps when the clock is set, so it does not measure durations.
   */
  nowMs(): number;
  /** A monotonic time for measuring durations. May stand still while the machine sleeps. */
  monotonicMs(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Calls `run` once after `delayMs`. The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  openSocket(url: string, subprotocol: string): ClientSocket;
  /** A random UUID. */
  uuid(): string;
  /** Calls `run` when the machine is connected to a network again. The returned function cancels it. */
  onOnline(run: () => void): () => void;
}

/** The runtime of browsers, Bun, and Node 22 and later. Node 20 has no WebSocket: pass that of the package `ws`. */
export function defaultRuntime(webSocket: ClientSocketConstructor | undefined = globalThis.WebSocket): Runtime {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    random: () => Math.random(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    fetch: (url, init) => fetch(url, init),
    openSocket(url, subprotocol) {
      if (!webSocket) {
        throw new Error('This platform has no WebSocket: pass the option `webSocket`.');
      }
      return new webSocket(url, subprotocol);
    },
    uuid: randomUuid,
    onOnline(run) {
      if (typeof addEventListener !== 'function') return () => undefined;
      addEventListener('online', run);
      return () => removeEventListener('online', run);
    },
  };
}

/** A UUID of version 4 (RFC 9562). Pages without TLS do not have `crypto.randomUUID`. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const [version = 0, variant = 0] = [bytes[6], bytes[8]];
  bytes[6] = (version & 0x0f) | 0x40;
  bytes[8] = (variant & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
