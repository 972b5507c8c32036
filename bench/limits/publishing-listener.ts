// One of several listeners on one port, in a process or a thread of its own: publishes to the sockets that the kernel
// gave it.
import { answerCalls } from '../clients/worker.ts';
import { answerThreadCalls } from './thread.ts';

const topic = 'everybody';

let server: Bun.Server<undefined> | null = null;

const calls = {
  /** Returns the port, which is any free one for 0. */
  listen(port: number): number {
    server = Bun.serve({
      ...{ hostname: '127.0.0.1', port, reusePort: true },
      fetch: (request, accepting) => (accepting.upgrade(request) ? undefined : new Response(null, { status: 400 })),
      websocket: {
        // The clients read later.
        backpressureLimit: 1 << 20,
        open(socket) {
          socket.subscribe(topic);
        },
        message: () => undefined,
      },
    });
    return server.port ?? 0;
  },
  /** Resolves when the frames of one turn are written. */
  async publish({ text, frames }: { text: string; frames: number }): Promise<void> {
    for (let count = 0; count < frames; count++) server?.publish(topic, text);
    // Published frames are written between two turns.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  },
  /** The number of its sockets. */
  sockets(): number {
    return server?.subscriberCount(topic) ?? 0;
  },
};
export type ListenerCalls = typeof calls;

if (Bun.isMainThread) answerCalls(calls);
else answerThreadCalls(calls);
