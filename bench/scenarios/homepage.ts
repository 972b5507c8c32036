import { join } from 'node:path';
import type { HttpCalls } from '../clients/http-client.ts';
import { Worker } from '../clients/worker.ts';
import { mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import { seriesOf } from '../report/plot.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';
import { createGroup } from '../system/conversations.ts';
import { callAs, inGroups } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';

const program = join(import.meta.dir, '../clients/http-client.ts');
const others = 5;

export const homepage: Scenario = {
  name: 'homepage',
  summary: 'The homepage of a user in many groups of six with a message each: its first page, and all pages.',
  shapes: ['embedded', 'cluster'],
  options: {
    conversations: { default: '1,50,500,5000', help: 'conversations of the person, separated by commas for several' },
    times: { default: '100', help: 'times that each homepage is read' },
  },
  quick: { conversations: '1,50,1000', times: '30' },
  async run(parameters): Promise<Outcome> {
    const counts = parameters.numbers('conversations', 1, 100_000);
    return using(startParley(parameters.shape(), counts.length + others), async (system) => {
      const worker = new Worker<HttpCalls>(program);
      const rows: Row[] = [];
      for (const [person, count] of counts.entries()) {
        const reader = system.people[person];
        if (!reader) throw new Error(`there is no person ${person}`);
        const members = [person, ...Array.from({ length: others }, (_, index) => counts.length + index)];
        await inGroups(count, async () => {
          const { id } = await createGroup(system, members);
          const message = { clientMessageId: crypto.randomUUID(), text: 'x'.repeat(200) };
          await callAs(system.url, reader, `/v1/conversations/${id}/messages`, message);
        });
        const request = { url: system.url, token: reader.token };
        await worker.call('readHomepage', { ...request, times: 3 });
        const processorTime = measureProcessorTime(() => system.processes(), [worker.pid]);
        const read = await worker.call('readHomepage', { ...request, times: parameters.number('times', 1, 10_000) });
        if (read.conversations !== count)
          throw new Error(`a homepage has ${read.conversations} of ${count} conversations`);
        rows.push({
          ...{ system: system.name, conversations: count, pages: read.pages },
          ...latencyColumns('first page', mergedLatencies([read.first])),
          ...latencyColumns('all pages', mergedLatencies([read.all])),
          ...processorColumns(processorTime(), read.pages),
        });
      }
      worker.stop();
      const plot = {
        ...{ name: 'homepage', title: 'First page of the homepage', x: 'conversations', y: 'p99, ms' },
        series: seriesOf(rows, 'system', 'conversations', 'first page p99 ms'),
      };
      return { rows, ratios: {}, plots: [plot] };
    });
  },
};
