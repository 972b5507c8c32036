import { join } from 'node:path';
import type { ByteClientCalls } from '../clients/byte-client.ts';
import { Worker } from '../clients/worker.ts';
import type { ListenerCalls } from '../limits/publishing-listener.ts';
import { Thread } from '../limits/thread.ts';
import { quietColumns } from '../measure/measured.ts';
import { measureProcessorTime, type ProcessorTime, sumOf } from '../measure/processor-time.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';

const listenerProgram = join(import.meta.dir, '../limits/publishing-listener.ts');
const clientProgram = join(import.meta.dir, '../clients/byte-client.ts');
/** About as long as an entry with a text of 200 characters. */
const text = JSON.stringify({ type: 'entry', entry: { kind: 'message', text: 'x'.repeat(400) } });
const warmUpRounds = 5;
/** Frames that the clients have not read must fit in the buffers of their sockets. */
const unreadBytesMax = 64 * 1024;

type Listener = Worker<ListenerCalls> | Thread<ListenerCalls>;
const kinds = { processes: Worker, threads: Thread } as const;

export const cores: Scenario = {
  name: 'cores',
  summary:
    "Bun's publish, divided among processes or threads that listen on one port. The clients read only when nothing is measured.",
  shapes: ['embedded'],
  options: {
    members: { default: '16000', help: 'sockets, of all listeners together' },
    listeners: { default: '1,2', help: 'processes, and threads, that listen on the port, separated by commas' },
    frames: { default: '1,10', help: 'frames published in one turn, separated by commas' },
    rounds: { default: '50', help: 'turns of each figure' },
  },
  quick: { members: '4000', rounds: '20' },
  async run(parameters): Promise<Outcome> {
    const rows: Row[] = [];
    for (const count of parameters.numbers('listeners', 1, 64)) {
      for (const kind of ['processes', 'threads'] as const) rows.push(...(await measured(kind, count, parameters)));
    }
    const ratios: Record<string, number> = {};
    for (const row of rows.slice(1)) {
      const first = rows.find((each) => each['frames a turn'] === row['frames a turn']);
      if (!first || first === row) continue;
      const load = `${row['listeners']} ${row['kind']}, ${row['frames a turn']} frames a turn`;
      ratios[`deliveries/s of ${load}, to ${first['listeners']} ${first['kind']}`] =
        Number(row['deliveries /s']) / Number(first['deliveries /s']);
    }
    return { rows, ratios };
  },
};

async function measured(kind: keyof typeof kinds, count: number, parameters: Parameters): Promise<Row[]> {
  const members = parameters.number('members', 2, 18_000);
  const listeners: Listener[] = Array.from({ length: count }, () => new kinds[kind]<ListenerCalls>(listenerProgram));
  const client = new Worker<ByteClientCalls>(clientProgram);
  try {
    let port = 0;
    for (const each of listeners) port = await each.call('listen', port);
    await client.call('open', { port, count: members });
    const sockets = await Promise.all(listeners.map((each) => each.call('sockets', undefined)));
    const run = new Rounds(listeners, client, members);
    const rows: Row[] = [];
    for (const frames of parameters.numbers('frames', 1, Math.floor(unreadBytesMax / text.length))) {
      await run.measure(frames, warmUpRounds);
      const figures = await run.measure(frames, parameters.number('rounds', 1, 10_000));
      rows.push({ kind, listeners: count, 'sockets of each': sockets.join(' '), members, ...figures });
    }
    return rows;
  } finally {
    for (const each of [...listeners, client]) each.stop();
  }
}

/** Publishes in all listeners at once, the next time when all of them have written. */
class Rounds {
  /** In all frames so far. */
  private bytes = 0;

  constructor(
    private readonly listeners: readonly Listener[],
    private readonly client: Worker<ByteClientCalls>,
    private readonly members: number,
  ) {}

  async measure(frames: number, rounds: number): Promise<Row> {
    // The time of threads is in that of this process, which does nothing else meanwhile, like the clients.
    const children = this.listeners.map(({ pid }) => pid).filter((pid) => pid !== process.pid);
    const unreadRounds = Math.floor(unreadBytesMax / (frames * text.length));
    const periods: ProcessorTime[] = [];
    for (let done = 0; done < rounds; ) {
      const processorTime = measureProcessorTime(() => ({ listeners: children }), [this.client.pid]);
      for (const end = Math.min(rounds, done + unreadRounds); done < end; done++) {
        await Promise.all(this.listeners.map((each) => each.call('publish', { text, frames })));
        this.bytes += this.members * frames * text.length;
      }
      periods.push(processorTime());
      await this.client.call('read', this.bytes);
    }
    const { seconds, server, clients, others } = sumOf(periods);
    const [deliveries, us] = [this.members * frames * rounds, (server['listeners'] ?? 0) + clients];
    return {
      ...{ 'frames a turn': frames, deliveries, 'deliveries /s': deliveries / seconds },
      ...{ 'round ms': (seconds * 1_000) / rounds, 'server µs': us / deliveries, 'server cores': us / 1e6 / seconds },
      ...quietColumns(others),
    };
  }
}
