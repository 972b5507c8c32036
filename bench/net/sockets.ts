import { again, checked, errno, inProgress, libc } from './libc.ts';

const [ipv4, stream, nonBlocking] = [2, 1, 0o4000];
const [socketLevel, reuseAddress, linger] = [1, 2, 13];
const [tcpLevel, noDelay] = [6, 1];
const [ipLevel, bindWithoutPort] = [0, 24];
const noSignal = 0x4000;
const addressBytes = 16;
const backlog = 4_096;

/** Starts to connect. The socket can be written to when the connection is made. */
export function connectFrom(source: string, port: number): number {
  const socket = newSocket();
  setOption(socket, ipLevel, bindWithoutPort, [1]);
  // A closed connection leaves no TIME_WAIT behind, so that ports do not run out.
  setOption(socket, socketLevel, linger, [1, 0]);
  checked(libc.bind(socket, address(source, 0), addressBytes), `bind to ${source}`);
  if (libc.connect(socket, address('127.0.0.1', port), addressBytes) < 0 && errno() !== inProgress) {
    checked(-1, `connect to port ${port}`);
  }
  return socket;
}

/** Listens on any free port of 127.0.0.1. */
export function listenOnLoopback(): { socket: number; port: number } {
  const socket = newSocket();
  setOption(socket, socketLevel, reuseAddress, [1]);
  checked(libc.bind(socket, address('127.0.0.1', 0), addressBytes), 'bind');
  checked(libc.listen(socket, backlog), 'listen');
  const bound = new Uint8Array(addressBytes);
  checked(libc.getsockname(socket, bound, new Uint32Array([addressBytes])), 'getsockname');
  return { socket, port: new DataView(bound.buffer).getUint16(2) };
}

/** The next waiting connection; null if there is none. */
export function accept(listener: number): number | null {
  const socket = libc.accept4(listener, null, null, nonBlocking);
  if (socket < 0 && errno() === again) return null;
  checked(socket, 'accept');
  setOption(socket, tcpLevel, noDelay, [1]);
  return socket;
}

/** Reads into the buffer from an offset. Returns -1 if there is nothing to read, and 0 at the end of the connection. */
export function receive(socket: number, into: Uint8Array, offset: number): number {
  const target = offset === 0 ? into : into.subarray(offset);
  const count = libc.recv(socket, target, into.length - offset, 0) as number;
  // An error ends the connection like a close of the other side.
  if (count < 0) return errno() === again ? -1 : 0;
  return count;
}

/** Returns how many bytes the socket took; 0 if its buffer is full, -1 if the connection is lost. */
export function transmit(socket: number, bytes: Uint8Array, length: number): number {
  const count = libc.send(socket, bytes, length, noSignal) as number;
  if (count < 0) return errno() === again ? 0 : -1;
  return count;
}

export function closeSocket(socket: number): void {
  checked(libc.close(socket), 'close');
}

function newSocket(): number {
  const socket = checked(libc.socket(ipv4, stream | nonBlocking, 0), 'socket');
  setOption(socket, tcpLevel, noDelay, [1]);
  return socket;
}

function setOption(socket: number, level: number, option: number, values: number[]): void {
  const bytes = new Int32Array(values);
  checked(libc.setsockopt(socket, level, option, bytes, bytes.byteLength), `setsockopt ${option}`);
}

function address(host: string, port: number): Uint8Array {
  const bytes = new Uint8Array(addressBytes);
  bytes[0] = ipv4;
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(host.split('.').map(Number), 4);
  return bytes;
}
