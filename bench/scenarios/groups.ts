import type { Outcome, Row, Scenario } from '../scenario.ts';
import { createGroup } from '../system/conversations.ts';
import { inGroups } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';
import { connectionsOf, OpenLoad, openLoadOptions, sendColumns } from './open-load.ts';

export const groups: Scenario = {
  name: 'groups',
  summary:
    'Durable messages in groups of several sizes, all members online, at the same number of deliveries a second.',
  shapes: ['embedded', 'cluster'],
  options: {
    sizes: { default: '10,100,256', help: 'members of each group, separated by commas' },
    deliveries: { default: '20000', help: 'deliveries a second' },
    ...openLoadOptions,
    connections: { default: '2560', help: 'people, each in one group of each size' },
  },
  quick: { seconds: '5' },
  run: (parameters) =>
    using(startParley(parameters.shape(), connectionsOf(parameters)), async (system): Promise<Outcome> => {
      const people = system.people.length;
      const [sizes, deliveries] = [parameters.numbers('sizes', 2, people), parameters.number('deliveries', 1)];
      const memberLists = sizes.map((size) =>
        Array.from({ length: Math.floor(people / size) }, (_, group) =>
          Array.from({ length: size }, (_, member) => group * size + member),
        ),
      );
      const lists = memberLists.flat();
      const planned = await inGroups(lists.length, (index) => createGroup(system, lists[index] ?? []));
      const load = await OpenLoad.start(system, planned, parameters);
      await load.warmUp(deliveries / Math.max(...sizes));
      const rows: Row[] = [];
      for (const [index, size] of sizes.entries()) {
        const first = memberLists.slice(0, index).flat().length;
        const conversations = Array.from(memberLists[index] ?? [], (_, group) => first + group);
        const figures = await load.run(deliveries / size, parameters.number('seconds', 1, 60), { conversations });
        const us = Object.values(figures.time.server).reduce((sum, each) => sum + each, 0);
        rows.push({ members: size, ...sendColumns(figures), 'server µs a delivery': us / figures.entries });
      }
      await load.stop();
      return { rows, ratios: {} };
    }),
};
