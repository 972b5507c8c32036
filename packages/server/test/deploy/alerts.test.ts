import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { figuresAskedFor, givenFigures } from '../gateway/given-figures.ts';
import { deployedText } from './deployed-files.ts';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

const { groups } = Bun.YAML.parse(deployedText('prometheus/parley-alerts.yaml')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const names = alerts.map(({ alert }) => alert);
/** Labels that Prometheus itself adds. */
const addedLabels = new Set(['instance', 'le']);

test('alerts use metrics that the server exposes with a help text, and labels that these have', async () => {
  const given = await givenFigures();
  for (const { alert, expr } of alerts) {
    for (const name of figuresAskedFor([expr])) {
      expect(`${alert}: ${name}: ${given.get(name)?.help ?? 'is not given'}`).toMatch(/: [A-Z][^:]+\.$/);
    }
    const labels = [...expr.matchAll(/by \(([^)]*)\)|[{,]\s*(\w+)=/g)].flatMap(([, by = '', matched = '']) =>
      [...by.split(','), matched].map((label) => label.trim()).filter((label) => label !== ''),
    );
    const known = new Set([...figuresAskedFor([expr])].flatMap((name) => [...(given.get(name)?.labels ?? [])]));
    const unknown = labels.filter((label) => !known.has(label) && !addedLabels.has(label));
    expect({ alert, unknown }).toEqual({ alert, unknown: [] });
  }
});

test('each alert has a summary, a severity and one definition', () => {
  expect(new Set(names).size).toBe(names.length);
  for (const { labels, annotations } of alerts) {
    expect(['page', 'ticket']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\.$/);
  }
});

test('each alert is described in docs/OPERATING.md, and a test raises it', () => {
  const manual = readFileSync(new URL('../../../../docs/OPERATING.md', import.meta.url), 'utf8');
  const explained = [...manual.matchAll(/^\| `(Parley\w+)` \|/gm)].map(([, name]) => name);
  expect(explained).toEqual(names);
  const tried = deployedText('prometheus/parley-alerts.test.yaml').matchAll(/alertname="(\w+)"/g);
  expect(new Set([...tried].map(([, name = '']) => name))).toEqual(new Set(names));
});
