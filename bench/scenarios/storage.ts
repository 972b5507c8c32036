import { latencyColumns, processorColumns } from '../measure/measured.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';
import { DirectLoad, directOptions, startParley } from './direct-load.ts';

export const storage: Scenario = {
  name: 'storage',
  summary: 'Bytes on disk and bytes written to disk for each message, in direct conversations.',
  shapes: ['embedded', 'cluster'],
  options: {
    ...directOptions,
    rate: { default: '3000', help: 'messages a second' },
    seconds: { default: '20', help: 'duration' },
  },
  quick: { seconds: '10' },
  async run(parameters): Promise<Outcome> {
    const system = await startParley(parameters.shape(), parameters.number('connections', 2, 18_000) & ~1);
    const [clients, textBytes] = [parameters.number('clients', 1, 8), parameters.number('text-bytes', 1, 4_000)];
    const [rate, seconds] = [parameters.number('rate', 1, 200_000), parameters.number('seconds', 1, 60)];
    try {
      const conversations = await DirectLoad.conversationsOf(system);
      const storedBefore = await system.storedBytes();
      // The server of an embedded system has started again: it warms up while the messages are sent.
      const load = await DirectLoad.start(system, conversations, { clients, textBytes, rate });
      const writtenBefore = await system.writtenBytes();
      const figures = await load.run(rate, seconds);
      const written = await system.writtenBytes();
      await load.stop();
      const stored = (await system.storedBytes()) - storedBefore;
      const messages = figures.acknowledged;
      const row: Row = {
        system: system.name,
        messages,
        refused: figures.refused,
        'stored bytes a message': stored / (messages + load.warmUpMessages),
        ...Object.fromEntries(
          Object.entries(written).map(([what, bytes]) => [
            `${what}: written bytes a message`,
            (bytes - (writtenBefore[what] ?? 0)) / messages,
          ]),
        ),
        ...latencyColumns('ack', figures.ack),
        ...processorColumns(figures.time, messages),
      };
      return { rows: [row], ratios: {} };
    } finally {
      await system.stop();
    }
  },
};
