// A client process of people who use the SDK: they go offline, and later fetch what they have missed.
import { ParleyClient } from '@parley/sdk';
import { Latencies } from '../measure/latencies.ts';
import { answerCalls } from './worker.ts';

const timeoutMs = 60_000;

let clients: ParleyClient[] = [];

const calls = {
  /** Creates accounts. Returns the ids of the users. */
  async signUp({ url, count }: { url: string; count: number }): Promise<string[]> {
    clients = Array.from({ length: count }, () => new ParleyClient({ url }));
    const accounts = clients.map((client, index) =>
      client.signup({ username: `catchup${index}`, password: 'a good password' }),
    );
    return (await Promise.all(accounts)).map(({ id }) => id);
  },
  /** Connects all of them, disconnects them, and returns when they know their conversations. */
  async visit(): Promise<void> {
    for (const client of clients) client.connect();
    await Promise.all(clients.map((client) => client.live()));
    for (const client of clients) client.close();
  },
  /** Connects those from `from` up to `to`. Returns the times until each has shown `expected` entries. */
  async comeBack({ from, to, expected }: { from: number; to: number; expected: number }): Promise<string> {
    const shown = new Latencies();
    const back = clients.slice(from, to);
    await Promise.all(back.map(async (client) => shown.add(await untilShown(client, expected))));
    for (const client of back) client.close();
    return shown.encode();
  },
};
export type SdkCalls = typeof calls;
answerCalls(calls);

/** The milliseconds from connecting until the client emitted so many entries, in order and without gaps. */
function untilShown(client: ParleyClient, expected: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const last = new Map<string, number>();
    let count = 0;
    const fail = (reason: string) => {
      stop();
      reject(new Error(reason));
    };
    const stops = [
      client.on('entry', ({ conversationId, seq }) => {
        const before = last.get(conversationId);
        if (before !== undefined && seq !== before + 1) fail(`entry ${seq} came after ${before}`);
        last.set(conversationId, seq);
        if (++count < expected) return;
        stop();
        resolve(performance.now() - startMs);
      }),
      client.on('skipped', ({ fromSeq, toSeq }) => fail(`the client skipped entries ${fromSeq} to ${toSeq}`)),
    ];
    const timer = setTimeout(() => fail(`${count} of ${expected} entries were shown in time`), timeoutMs);
    const stop = () => {
      clearTimeout(timer);
      for (const each of stops) each();
    };
    client.connect();
  });
}
