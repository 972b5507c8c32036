import type { Scenario } from '../scenario.ts';
import type { Result } from './result.ts';
import { columnsOf, formatted } from './table.ts';

/** The report of all scenarios. Plots are files beside it. */
export function reportOf(command: string, results: readonly { scenario: Scenario; result: Result }[]): string {
  const [first] = results;
  if (!first) throw new Error('a report needs a result');
  const { machine, versions } = first.result;
  const parts = results.map(({ scenario, result }) => section(scenario, result));
  return `${[
    '# Benchmarks',
    `\`${command}\` wrote this report and its plots.`,
    `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Bun ${versions['bun']}; ` +
      `Parley ${versions['parley']}, revision ${versions['revision']}. The clients and all services ran on the same machine.`,
    'Latencies of a rate count from when a message was due. Processor time is that of a unit of work: a message, or a ' +
      'delivery in `fanout`. A figure is disturbed if other programs used more than 20 % of a core; compare ratios, ' +
      'which are measured in one run.',
    ...parts,
  ].join('\n\n')}\n`;
}

function section({ name, summary }: Scenario, { rows, ratios, plots, command, parameters }: Result): string {
  const ratioRows = Object.entries(ratios).map(([figure, ratio]) => ({ ratio: `× ${ratio.toFixed(2)}`, figure }));
  return [
    `## ${name}, ${parameters['shape']}`,
    summary,
    `    ${command}`,
    table(rows),
    ...(ratioRows.length > 0 ? [table(ratioRows)] : []),
    ...(plots ?? []).map((plot) => `![${plot.title}](${fileOf(parameters['shape'] ?? '', plot.name)})`),
  ].join('\n\n');
}

export function fileOf(shape: string, plotName: string): string {
  return `${shape}-${plotName}.svg`;
}

/** A table in Markdown. */
export function table(rows: readonly Record<string, string | number>[]): string {
  const columns = columnsOf(rows);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) => line(columns.map((column) => formatted(row[column]))));
  return [line(columns), line(columns.map(() => '---')), ...body].join('\n');
}
