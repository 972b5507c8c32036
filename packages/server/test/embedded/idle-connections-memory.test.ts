import { heapStats } from 'bun:jsc';
import { expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';

const program = fileURLToPath(new URL('../support/idle-sockets-process.ts', import.meta.url));
const connections = 500;
/** Objects of the server's own for each idle connection, by their types in the engine. */
const most: Record<string, number> = { Object: 7, Array: 1, Function: 2, JSLexicalEnvironment: 4, Set: 0, Promise: 0 };

test('an idle connection keeps few objects, and no functions of its own', async () => {
  const server = await RunningServer.start({ 'max-connections-per-address': String(connections + 10) });
  const people = await server.people('idle', connections);
  const before = objects();
  const child = Bun.spawn([process.execPath, program, server.url, ...people.map(({ token }) => token)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe('connected\n');

  let kept: [type: string, perConnection: number][] = [];
  const few = () => {
    const now = objects();
    kept = Object.keys(most).map((type) => {
      // Rounded, because the server has some objects that do not belong to connections.
      return [type, Math.round(((now[type] ?? 0) - (before[type] ?? 0)) / connections)];
    });
    return kept.every(([type, perConnection]) => perConnection <= (most[type] ?? 0));
  };
  // The state of frames is dropped after some seconds without any.
  await until(`few objects for each of ${connections} idle connections`, few, { pauseMs: 500 }).catch(
    (error: Error) => {
      throw new Error(`${error.message}; there are ${JSON.stringify(Object.fromEntries(kept))}`);
    },
  );

  await child.stdin.end();
  await child.exited;
  await server.stop();
});

function objects(): Record<string, number> {
  Bun.gc(true);
  return heapStats().objectTypeCounts;
}
