import { expect, test } from 'bun:test';
import { freePort } from '../support/free-port.ts';
import { RunningServer } from '../support/running-server.ts';

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

test('the dashboard asks for figures that the server gives, and for all that say how a message fares', async () => {
  const port = String(await freePort());
  const server = await RunningServer.start({ 'metrics-port': port });
  const [ana] = await server.people('ana', 1);
  if (!ana) throw new Error('there is somebody');
  const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [] });
  await server.call(ana, 'sendMessage', { conversationId: id, clientMessageId: 'm', text: 'text' });
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await server.stop();

  const given = new Set(text.split('\n').flatMap((line) => /^([a-z_]+)[{ ]/.exec(line)?.[1] ?? []));
  const file = new URL('../../../../deploy/grafana/parley.json', import.meta.url);
  const { panels } = (await Bun.file(file).json()) as Dashboard;
  const asked = new Set(
    panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/\b(parley|process)_[a-z_]+/g) ?? [])),
  );
  expect([...asked].filter((name) => !given.has(name))).toEqual([]);
  const ours = [...given]
    .filter((name) => name.startsWith('parley_'))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  const shown = [...asked].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect([...new Set(ours)].filter((name) => !shown.includes(name))).toEqual([]);
  expect(text).toMatch(/^parley_entries_routed_total [1-9]/m);
});
