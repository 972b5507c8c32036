import { afterEach, expect, test } from 'bun:test';
import { freePort } from '../../../../tools/free-port.mjs';
import { parleyProgram } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

/** A process that starts against a PostgreSQL server that accepts connections and never answers. */
async function startWithoutAnswer() {
  let connections = 0;
  const silent = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { open: () => void connections++, data: () => undefined },
  });
  const unused = `127.0.0.1:${await freePort()}`;
  const settings = [
    ...['--shape', 'cluster', '--roles', 'distribution', '--port', '0', '--metrics-port', 'off'],
    ...['--postgres', `one=postgres://parley@127.0.0.1:${silent.port}/parley`],
    ...['--kafka', unused, '--redis', `redis://${unused}`],
  ];
  const child = Bun.spawn([...parleyProgram(), 'serve', ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  close = async () => {
    child.kill('SIGKILL');
    await child.exited;
    silent.stop(true);
  };
  await until('the process has connected', () => connections > 0);
  return child;
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s during the start stops the server, with status 0', async (signal) => {
  const child = await startWithoutAnswer();
  child.kill(signal);
  const output = await new Response(child.stderr).text();
  expect(output).toContain(`{"signal":"${signal}"}`);
  expect(output).toContain('stopping while the server starts');
  expect(output).toContain('Stopped.');
  expect(await child.exited).toBe(0);
});
