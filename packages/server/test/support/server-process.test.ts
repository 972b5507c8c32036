import { expect, test } from 'bun:test';
import { ServerProcess } from './server-process.ts';

/** A shell script in place of the server, which prints an address as a server does. */
const start = (script: string) =>
  ServerProcess.start({ settings: {}, command: ['bash', '-c', `echo 'at http://localhost:1' >&2; ${script}`] });

/** Prints the line once the process is gone. */
const later = (line: string) => `(while kill -0 $$ 2>/dev/null; do sleep 0.01; done; echo '${line}' >&2) &`;

test('the output is complete when a process has exited by itself, and was stopped or killed after that', async () => {
  const server = await start(`${later('last')} exit 3`);
  expect(await server.ended).toBe(3);
  expect(server.lines).toEqual(['at http://localhost:1', 'last']);
  expect(await server.stop()).toBe(3);
  await server.kill();
});

test('a process that exited by a signal can be stopped and killed', async () => {
  const server = await start('kill -KILL $$');
  await server.ended;
  await server.stop();
  await server.kill();
});

test.each(['', '>&2'])('a secret in the output is refused, on each stream (%p)', async (redirection) => {
  const server = await start(`echo 'a good password' ${redirection}; exit 0`);
  await server.ended;
  await expect(server.stop()).rejects.toThrow('contains a secret:\na good password');
  await expect(server.kill()).rejects.toThrow('contains a secret');
});
