import { expect, test } from 'bun:test';

const read = (path: string) => Bun.file(new URL(path, import.meta.url)).text();

test('the README lists every event and every state of the connection', async () => {
  const [core, connection, readme] = await Promise.all(
    ['../src/client-events.ts', '../src/connection.ts', '../README.md'].map(read),
  );
  const [, events = ''] = /export interface ClientEvents \{\n(.*?)\n\}/s.exec(core ?? '') ?? [];
  const names = [...events.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
  const states = [...(connection ?? '').matchAll(/^ {2}\| \{ name: '([a-z-]+)'/gm)].map(([, name]) => name);
  expect([names.length > 10, states.length > 5]).toEqual([true, true]);
  const listed = [...(readme ?? '').matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
  expect([...names, ...states].filter((name) => !listed.includes(name))).toEqual([]);
});
