import { latencyColumns, processorColumns } from '../measure/measured.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { createDirectConversations } from '../system/conversations.ts';
import { startParley, using } from '../system/start.ts';
import { connectionsOf, OpenLoad, openLoadOptions } from './open-load.ts';

export const storage: Scenario = {
  name: 'storage',
  summary: 'Bytes on disk and bytes written to disk for each message, in direct conversations.',
  shapes: ['embedded', 'cluster'],
  options: {
    ...openLoadOptions,
    rate: { default: '3000', help: 'messages a second' },
    seconds: { default: '20', help: 'duration' },
  },
  quick: { seconds: '10' },
  run: (parameters) =>
    using(startParley(parameters.shape(), connectionsOf(parameters)), async (system): Promise<Outcome> => {
      const [rate, seconds] = [parameters.number('rate', 1, 200_000), parameters.number('seconds', 1, 60)];
      const conversations = await createDirectConversations(system);
      const storedBefore = await system.storedBytes();
      const load = await OpenLoad.start(system, conversations, parameters);
      const warmUp = await load.warmUp(rate);
      const writtenBefore = await system.writtenBytes();
      const figures = await load.run(rate, seconds);
      const written = await system.writtenBytes();
      await load.stop();
      const stored = (await system.storedBytes()) - storedBefore;
      const messages = figures.acknowledged;
      const writtenColumns = Object.entries(written).map(([what, bytes]) => {
        return [`${what}: written bytes a message`, (bytes - (writtenBefore[what] ?? 0)) / messages];
      });
      const row = {
        ...{ system: system.name, messages, refused: figures.refused },
        'stored bytes a message': stored / (messages + warmUp.acknowledged),
        ...Object.fromEntries(writtenColumns),
        ...latencyColumns('ack', figures.ack),
        ...processorColumns(figures.time, messages),
      };
      return { rows: [row], ratios: {} };
    }),
};
