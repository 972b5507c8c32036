import { checked, libc } from './libc.ts';

export const [readable, writable, failed] = [0x1, 0x4, 0x8 | 0x10];
const [addition, removal, change] = [1, 2, 3];
const eventsMax = 512;
/** The structure is packed on x86-64 alone. */
const [eventBytes, keyOffset] = process.arch === 'x64' ? [12, 4] : [16, 8];

/** Waits for many sockets at once. Each has a key: a whole number from 0. */
export class Epoll {
  private readonly epoll = checked(libc.epoll_create1(0), 'epoll_create1');
  private readonly one = new Uint8Array(eventBytes);
  private readonly oneView = new DataView(this.one.buffer);
  private readonly events = new Uint8Array(eventBytes * eventsMax);
  private readonly eventsView = new DataView(this.events.buffer);
  private readonly timeout = new BigInt64Array(2);

  add(socket: number, key: number, events: number): void {
    this.control(addition, socket, key, events);
  }

  change(socket: number, key: number, events: number): void {
    this.control(change, socket, key, events);
  }

  remove(socket: number): void {
    this.control(removal, socket, 0, 0);
  }

  /** Waits at most this long for events and handles them. Returns how many there were. */
  wait(timeoutMs: number, handle: (key: number, events: number) => void): number {
    this.timeout[0] = BigInt(Math.floor(timeoutMs / 1_000));
    this.timeout[1] = BigInt(Math.floor((timeoutMs % 1_000) * 1e6));
    // An interrupted wait returns -1, and has no events.
    const count = libc.epoll_pwait2(this.epoll, this.events, eventsMax, this.timeout, null);
    for (let index = 0; index < count; index++) {
      const at = index * eventBytes;
      handle(this.eventsView.getUint32(at + keyOffset, true), this.eventsView.getUint32(at, true));
    }
    return Math.max(0, count);
  }

  private control(operation: number, socket: number, key: number, events: number): void {
    this.oneView.setUint32(0, events, true);
    this.oneView.setUint32(keyOffset, key, true);
    checked(libc.epoll_ctl(this.epoll, operation, socket, this.one), 'epoll_ctl');
  }
}
