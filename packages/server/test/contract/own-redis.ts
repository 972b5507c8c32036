import { expect } from 'bun:test';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Unavailable } from '../../src/platform/failures.ts';
import { patienceMs } from '../support/patience.ts';
import { until } from '../support/until.ts';
import { describeUnless } from './redis-under-test.ts';

const programAbsent =
  Bun.which('redis-server') === null ? 'no redis-server is installed (Debian: redis-server)' : undefined;

/** Tests that start, pause and kill a Redis of their own, or a skipped test that says why there is none. */
export function describeOnOwnRedis(name: string, run: () => void): void {
  describeUnless(programAbsent, name, run);
}

/** The result of `call`, retried until the service is available, by default for a minute at most. */
export async function eventually<Answer>(call: () => Promise<Answer>, withinMs = patienceMs): Promise<Answer> {
  let answers: Answer[] = [];
  const isAnswered = async () => {
    answers = await call().then(
      (answer) => [answer],
      (error) => {
        if (error instanceof Unavailable) return [];
        throw error;
      },
    );
    return answers.length > 0;
  };
  await until('the service is available', isAnswered, { withinMs, pauseMs: 20 });
  return answers[0] as Answer;
}

/** The error with which `call` rejects. */
export const rejection = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (answer) => expect.unreachable(`resolved to ${answer}`),
    (error: unknown) => error,
  );

/** Forwards to a port of this machine. Its connections can die without a notice to either side. */
export class SwallowingProxy {
  /** How much later than received the answers are passed on. */
  answerAfterMs = 0;
  private readonly pairs = new Set<[Socket, Socket]>();
  private readonly isSwallowed = new WeakSet<Socket>();
  private readonly server: Server;

  private constructor(port: number) {
    this.server = createServer((from) => {
      const to = connect(port, '127.0.0.1');
      const pair: [Socket, Socket] = [from, to];
      this.pairs.add(pair);
      from.pipe(to);
      to.on('data', (answer) => {
        if (this.isSwallowed.has(to)) return;
        if (this.answerAfterMs === 0) from.write(answer);
        else setTimeout(() => from.write(answer), this.answerAfterMs);
      });
      to.on('end', () => from.end());
      for (const socket of pair) socket.on('error', () => this.pairs.delete(pair));
    });
  }

  static async to(port: number): Promise<SwallowingProxy> {
    const proxy = new SwallowingProxy(port);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Drops all traffic of the existing connections from now on; new ones work. */
  swallow(): void {
    for (const [from, to] of this.pairs) {
      from.unpipe(to).resume();
      this.isSwallowed.add(to);
    }
  }

  /**
   * Keeps what the existing connections send from now on, also when they end; new ones work. Returns a function that
   * passes it on.
   */
  hold(): () => void {
    const held = [...this.pairs].map(([from, to]) => {
      const sent: Buffer[] = [];
      from.unpipe(to).on('data', (data: Buffer) => sent.push(data));
      return { to, sent };
    });
    return () => {
      for (const { to, sent } of held) if (to.writable) to.write(Buffer.concat(sent));
    };
  }

  /** Closes the existing connections; new ones work. */
  cut(): void {
    for (const socket of [...this.pairs].flat()) socket.destroy();
    this.pairs.clear();
  }

  close(): void {
    this.server.close();
    this.cut();
  }
}
