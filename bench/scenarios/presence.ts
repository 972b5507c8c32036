import { join } from 'node:path';
import type { PresenceCalls } from '../clients/presence-client.ts';
import { Worker } from '../clients/worker.ts';
import { mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { startParley, using } from '../system/start.ts';

const program = join(import.meta.dir, '../clients/presence-client.ts');

export const presence: Scenario = {
  name: 'presence',
  summary: 'People who watch others, who connect and disconnect: the time until each watcher knows.',
  shapes: ['embedded', 'cluster'],
  options: {
    watchers: { default: '1000', help: 'people who watch' },
    watched: { default: '100', help: 'people that each of them watches, at most 500' },
    rate: { default: '50', help: 'connections made or closed a second' },
    seconds: { default: '20', help: 'duration' },
  },
  quick: { watchers: '300', seconds: '10' },
  run(parameters): Promise<Outcome> {
    const [watchers, watched] = [parameters.number('watchers', 1, 15_000), parameters.number('watched', 1, 500)];
    return using(startParley(parameters.shape(), watchers + watched), async (system) => {
      const worker = new Worker<PresenceCalls>(program);
      const processorTime = measureProcessorTime(() => system.processes(), [worker.pid]);
      const { faults, changes, frames, learned, latencies } = await worker.call('watch', {
        ...{ port: system.port, watchers },
        tokens: system.people.map(({ token }) => token),
        watched: system.people.slice(watchers).map(({ userId }) => userId),
        rate: parameters.number('rate', 1, 10_000),
        seconds: parameters.number('seconds', 1, 120),
      });
      const time = processorTime();
      worker.stop();
      if (faults.length > 0) throw new Error(faults.join('\n'));
      const row = {
        ...{ system: system.name, watchers, watched, changes, 'presence frames': frames, 'changes learned': learned },
        ...latencyColumns('learned', mergedLatencies([latencies])),
        ...processorColumns(time, learned),
      };
      return { rows: [row], ratios: {} };
    });
  },
};
