/**
 * What the client uses of a WebSocket: browsers', Bun's, Node's and that of the package `ws` have it. `never` says
 * nothing about what a handler is given, so that each of their types fits.
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

/** What the client needs of where it runs. Tests bring their own. */
export interface Runtime {
  /** Wall time: for what is shown or kept. It steps when the machine's clock is set, so nothing is measured by it. */
  nowMs(): number;
  /** Milliseconds since some moment, which never step back, for measuring durations. May stand still during sleep. */
  monotonicMs(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Calls `run` once after `delayMs`; the returned function takes that back. */
  after(delayMs: number, run: () => void): () => void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  openSocket(url: string, subprotocol: string): ClientSocket;
  /** A random UUID. */
  uuid(): string;
  /** Calls `run` when the machine is back on a network; the returned function takes that back. */
  onOnline(run: () => void): () => void;
}

/** Browsers, Bun, and Node from 22 on have all of it. Node 20 has no WebSocket: pass one, of the package `ws` say. */
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
        throw new Error('There is no WebSocket here: pass the option `webSocket`.');
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

/** Version 4 of RFC 9562. Pages without TLS have no `crypto.randomUUID`. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const [version = 0, variant = 0] = [bytes[6], bytes[8]];
  bytes[6] = (version & 0x0f) | 0x40;
  bytes[8] = (variant & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
