import { seriesOf } from '../report/plot.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';
import { createDirectConversations } from '../system/conversations.ts';
import { startParley, using } from '../system/start.ts';
import { findLimit, isCarried, startRate } from './find-limit.ts';
import { connectionsOf, type Measured, OpenLoad, openLoadOptions, sendColumns } from './open-load.ts';

const recoverySeconds = 10;
const recoveredMs = 100;

export const overload: Scenario = {
  name: 'overload',
  summary: 'Several times what the system can carry: goodput, latency of what is accepted, time until it recovers.',
  shapes: ['embedded', 'cluster'],
  options: {
    limit: { default: '0', help: 'the rate that the system carries; 0 to find it' },
    factors: { default: '1.5,2,5,10', help: 'multiples of that rate, separated by commas' },
    ...openLoadOptions,
  },
  quick: { seconds: '3', factors: '2,10' },
  run: (parameters) =>
    using(startParley(parameters.shape(), connectionsOf(parameters)), async (system): Promise<Outcome> => {
      const [seconds, factors] = [parameters.number('seconds', 1, 60), parameters.numbers('factors', 0.1, 100)];
      const load = await OpenLoad.start(system, await createDirectConversations(system), parameters);
      const given = parameters.number('limit', 0, 200_000);
      await load.warmUp(given || Number.POSITIVE_INFINITY);
      const found = given > 0 ? null : await findLimit(load, seconds);
      // A busy machine may carry no rate in time; the table says so.
      const best = found ?? (await load.run(given || startRate, seconds));
      const rows: Row[] = [{ system: system.name, ...columns(best, best) }];
      const ratios: Record<string, number> = {};
      for (const factor of factors) {
        const figures = await load.run(best.rate * factor, seconds);
        const after = await load.run(best.rate / 2, recoverySeconds);
        rows.push({ system: system.name, ...columns(figures, best), 'recovered after s': recovery(after) });
        ratios[`goodput at × ${factor}, to that at the limit`] = goodput(figures) / goodput(best);
      }
      await load.stop();
      const x = 'offered, % of the limit';
      const plot = {
        ...{ name: 'overload-goodput', title: 'Goodput under overload', x, y: 'acknowledged, % of the limit' },
        series: seriesOf(rows, 'system', x, 'goodput % of the limit'),
      };
      return { rows, ratios, plots: [plot] };
    }),
};

/** Acknowledged messages a second until the last message was answered. */
function goodput({ acknowledged, seconds }: Measured): number {
  return acknowledged / seconds;
}

function columns(figures: Measured, best: Measured): Row {
  return {
    'offered, % of the limit': Math.round((figures.rate / best.rate) * 100),
    'goodput % of the limit': (goodput(figures) / goodput(best)) * 100,
    carried: isCarried(figures) ? 'yes' : 'no',
    ...sendColumns(figures),
  };
}

/** Seconds until the p99 of the acks of a second, and of all later ones, is at most 100 ms. */
function recovery({ ackBySecond }: Measured): number {
  const last = ackBySecond.findLastIndex((second) => second.percentile(99) > recoveredMs);
  return last >= 0 && last === ackBySecond.length - 1 ? Number.POSITIVE_INFINITY : last + 1;
}
