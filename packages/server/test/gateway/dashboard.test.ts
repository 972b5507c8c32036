import { expect, test } from 'bun:test';
import { deployedText } from '../deploy/deployed-files.ts';
import { figuresAskedFor, givenFigures } from './given-figures.ts';

interface Dashboard {
  panels: { type: string; title: string; targets?: { expr: string }[] }[];
}

test('the dashboard uses only metrics that the server has, and all of them', async () => {
  const given = await givenFigures();
  const { panels } = JSON.parse(deployedText('grafana/parley.json')) as Dashboard;
  const asked = figuresAskedFor(panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)));
  expect([...asked].filter((name) => !given.has(name))).toEqual([]);
  const ours = [...given.keys()].filter((name) => name.startsWith('parley_'));
  expect(ours.filter((name) => !asked.has(name))).toEqual([]);
});
