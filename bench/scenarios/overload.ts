import { processorColumns } from '../measure/measured.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';
import { DirectLoad, directOptions, type Measured, startParley } from './direct-load.ts';
import { findLimit } from './find-limit.ts';
import { sendColumns } from './send.ts';

const recoverySeconds = 10;
const recoveredMs = 100;

export const overload: Scenario = {
  name: 'overload',
  summary: 'Several times what the system can carry: goodput, latency of what is accepted, time until it recovers.',
  shapes: ['embedded', 'cluster'],
  options: {
    limit: { default: '0', help: 'the rate that the system carries; 0 to find it' },
    factors: { default: '1.5,2,5,10', help: 'multiples of that rate, separated by commas' },
    ...directOptions,
  },
  quick: { seconds: '5', factors: '2,10' },
  async run(parameters): Promise<Outcome> {
    const system = await startParley(parameters.shape(), parameters.number('connections', 2, 18_000) & ~1);
    const [clients, textBytes] = [parameters.number('clients', 1, 8), parameters.number('text-bytes', 1, 4_000)];
    const [seconds, factors] = [parameters.number('seconds', 1, 60), parameters.numbers('factors', 0.1, 100)];
    try {
      const conversations = await DirectLoad.conversationsOf(system);
      const load = await DirectLoad.start(system, conversations, { clients, textBytes, rate: 2_000 });
      const given = parameters.number('limit', 0, 200_000);
      const best = given > 0 ? await load.run(given, seconds) : await findLimit(load, seconds);
      if (!best) throw new Error('the system carries no rate with an ack p99 of at most 100 ms');
      const rows: Row[] = [{ load: 'the limit', ...overloadColumns(best, best) }];
      const ratios: Record<string, number> = {};
      for (const factor of factors) {
        const figures = await load.run(best.rate * factor, seconds);
        const after = await load.run(best.rate / 2, recoverySeconds);
        rows.push({ load: `× ${factor}`, ...overloadColumns(figures, best), 'recovered after s': recovery(after) });
        ratios[`goodput at × ${factor}, to that at the limit`] = goodput(figures) / goodput(best);
      }
      await load.stop();
      return { rows, ratios };
    } finally {
      await system.stop();
    }
  },
};

/** Acknowledged messages a second until the last of them was answered. */
function goodput({ acknowledged, seconds }: Measured): number {
  return acknowledged / seconds;
}

function overloadColumns(figures: Measured, best: Measured): Row {
  const { 'asked /s': asked, ...columns } = sendColumns(figures);
  return {
    'asked /s': asked ?? 0,
    'goodput % of the limit': (goodput(figures) / goodput(best)) * 100,
    ...columns,
    ...processorColumns(figures.time, figures.acknowledged),
  };
}

/** Seconds until the p99 of the acks of a second, and of all later ones, is at most 100 ms. */
function recovery({ ackBySecond }: Measured): number {
  const last = ackBySecond.findLastIndex((second) => second.percentile(99) > recoveredMs);
  return last === ackBySecond.length - 1 ? Number.POSITIVE_INFINITY : last + 1;
}
