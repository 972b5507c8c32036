import { join } from 'node:path';
import type { HttpCalls } from '../clients/http-client.ts';
import { Worker } from '../clients/worker.ts';
import { mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';
import { startParley, using } from '../system/start.ts';

const program = join(import.meta.dir, '../clients/http-client.ts');
const password = 'a good password';

export const login: Scenario = {
  name: 'login',
  summary: 'Log-ins with a password: one at a time, and several at once.',
  shapes: ['embedded', 'cluster'],
  options: {
    accounts: { default: '20', help: 'accounts, in turn' },
    'at-once': { default: '1,4,16', help: 'log-ins at once, separated by commas for several' },
    logins: { default: '100', help: 'log-ins of each figure' },
  },
  quick: { logins: '30' },
  run: (parameters) =>
    using(startParley(parameters.shape(), 1), async (system): Promise<Outcome> => {
      const worker = new Worker<HttpCalls>(program);
      const accounts = Array.from({ length: parameters.number('accounts', 1, 1_000) }, (_, index) => {
        return { username: `login${index}`, password };
      });
      const post = (path: string, body: object) => ({ method: 'POST' as const, path, body });
      const { url } = system;
      const requests = accounts.map((account) => post('/v1/signup', account));
      await worker.call('send', { url, atOnce: 1, requests });
      const logins = parameters.number('logins', 1, 10_000);
      const rows: Row[] = [];
      for (const atOnce of parameters.numbers('at-once', 1, 1_000)) {
        const processorTime = measureProcessorTime(() => system.processes(), [worker.pid]);
        const requests = Array.from({ length: logins }, (_, index) =>
          post('/v1/login', accounts[index % accounts.length] ?? {}),
        );
        const latencies = mergedLatencies([await worker.call('send', { url, atOnce, requests })]);
        const time = processorTime();
        rows.push({
          ...{ system: system.name, 'at once': atOnce, logins: latencies.count, 'logins /s': logins / time.seconds },
          ...latencyColumns('login', latencies),
          ...processorColumns(time, logins),
        });
      }
      worker.stop();
      return { rows, ratios: {} };
    }),
};
