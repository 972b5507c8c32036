import { expect, test } from 'bun:test';
import { Latencies, mergedLatencies } from '../measure/latencies.ts';
import { reportOf } from '../report/markdown.ts';
import { svgOf } from '../report/svg.ts';
import { textTable } from '../report/table.ts';
import { scenarios } from '../scenarios/all-scenarios.ts';

const rows = [
  { system: 'embedded', 'asked /s': 1_000, 'ack p99 ms': 1.23456 },
  { system: 'bare & <small>', 'asked /s': 5_000, 'ack p99 ms': 0.5 },
];
const plot = {
  ...{ name: 'latency', title: 'Latency', x: 'messages a second', y: 'ms' },
  series: rows.map((row) => ({ name: row.system, points: [[row['asked /s'], row['ack p99 ms']] as [number, number]] })),
};

test('a plot is XML with a colour scheme for light and for dark', () => {
  const svg = svgOf(plot);
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).toContain('bare &amp; &lt;small');
  expect(svg).not.toContain('NaN');
  expect(svg.match(/<polyline /g)).toHaveLength(2);
});

test('a table has all columns, and three significant digits', () => {
  expect(
    textTable(rows)
      .split('\n')
      .map((line) => line.trim().split(/\s{2,}/)),
  ).toEqual([
    ['system', 'asked /s', 'ack p99 ms'],
    ['embedded', '1,000', '1.23'],
    ['bare & <small>', '5,000', '0.5'],
  ]);
});

test('a report has the command, the figures, the ratios and the plots of each scenario', () => {
  const [scenario] = scenarios;
  if (!scenario) throw new Error('there is no scenario');
  const result = {
    ...{ scenario: scenario.name, command: 'npm run bench -- send --rate 5', parameters: { shape: 'embedded' } },
    machine: { cores: 2, processor: 'some processor', memoryGiB: 4, kernel: '6' },
    versions: { parley: '1', revision: 'abc', bun: '1' },
    ...{ rows, ratios: { 'to the bare loop': 2 }, plots: [plot] },
  };
  const report = reportOf('npm run bench -- all', [{ scenario, result }]);
  for (const part of [
    '`npm run bench -- all`',
    '    npm run bench -- send --rate 5',
    '| embedded | 1,000 | 1.23 |',
    '| × 2.00 | to the bare loop |',
    '![Latency](embedded-latency.svg)',
  ]) {
    expect(report).toContain(part);
  }
});

test('latencies of several processes are one histogram', () => {
  const processes = [1, 2].map((process) => {
    const latencies = new Latencies();
    for (let count = 0; count < 1_000; count++) latencies.add(process * 10);
    return latencies.encode();
  });
  const merged = mergedLatencies(processes);
  expect(merged.count).toBe(2_000);
  for (const [percent, ms] of [
    [50, 10],
    [99, 20],
  ] as const) {
    expect(Math.abs(merged.percentile(percent) - ms)).toBeLessThan(ms / 500);
  }
});
