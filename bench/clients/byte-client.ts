// A client process that only counts bytes, and only when it is told to: it takes no processor time while a server is
// measured.
import { machineMs } from '../net/libc.ts';
import { Connections } from './connections.ts';
import { answerCalls } from './worker.ts';

const timeoutMs = 60_000;
const openingMax = 100;

let connections: Connections | null = null;
let opened = 0;
let bytes = 0;
let closedFor: string | null = null;

const calls = {
  /** Resolves when all connections are WebSockets. */
  open({ port, count }: { port: number; count: number }): void {
    connections = new Connections([port], {
      turn: () => undefined,
      opened: () => opened++,
      frame(_index, _buffer, start, end) {
        bytes += end - start;
      },
      closed(_index, reason) {
        closedFor ??= reason;
      },
    });
    const endMs = machineMs() + timeoutMs;
    for (let begun = 0; opened < count; connections.turn(10)) {
      if (closedFor !== null || machineMs() > endMs)
        throw new Error(`${opened} of ${count} opened; ${closedFor ?? ''}`);
      while (begun < count && begun - opened < openingMax) connections.open(begun++);
    }
  },
  /** Reads until there are this many bytes in all frames so far. */
  read(expected: number): void {
    const endMs = machineMs() + timeoutMs;
    while (bytes < expected && machineMs() < endMs) connections?.turn(10);
    if (bytes !== expected) throw new Error(`${bytes} of ${expected} bytes arrived; ${closedFor ?? ''}`);
  },
};
export type ByteClientCalls = typeof calls;

answerCalls(calls);
