import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';

let server: RunningServer;
let ana: Person;
let folder: string;
const majorVersion = Number(/^v(\d+)/.exec(Bun.spawnSync(['node', '--version']).stdout.toString())?.[1]);
/** For versions of Node whose WebSocket needs a flag. */
const flags = majorVersion < 22 ? ['--experimental-websocket'] : [];

beforeAll(async () => {
  server = await RunningServer.start();
  ana = await server.person('ana');
  folder = mkdtempSync(join(tmpdir(), 'parley-node-'));
  const entrypoint = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const built = await Bun.build({ entrypoints: [entrypoint], target: 'node', outdir: folder, naming: 'sdk.mjs' });
  expect(built.success).toBe(true);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a program on Node with the SDK and a store that has a session. */
async function onNode(program: string, nodeFlags: readonly string[]) {
  const file = join(folder, 'program.mjs');
  const session = JSON.stringify({ token: ana.token, account: ana.account });
  await Bun.write(
    file,
    `import { MemoryStore, ParleyClient } from './sdk.mjs';
const url = ${JSON.stringify(server.url)};
const store = new MemoryStore();
await store.setSession(${session});
${program}`,
  );
  const child = Bun.spawn(['node', ...nodeFlags, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, complaints] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { printed: printed.trim(), complaints, exitCode: await child.exited };
}

const send = `
await client.resume();
client.connect();
await client.live();
const room = await client.conversations.createChannel({ name: 'From Node' });
const { seq } = await room.send('hello').sent();
console.log(seq);
client.close();`;

test('Node with its own WebSocket sends and receives', async () => {
  const { printed, exitCode } = await onNode(`const client = new ParleyClient({ url, store });${send}`, flags);
  expect({ printed, exitCode }).toEqual({ printed: '2', exitCode: 0 });
});

test('Node without a WebSocket uses the one that is passed', async () => {
  const program = `
const { WebSocket: webSocket } = globalThis;
delete globalThis.WebSocket;
const client = new ParleyClient({ url, store, webSocket });${send}`;
  const { printed, exitCode } = await onNode(program, flags);
  expect({ printed, exitCode }).toEqual({ printed: '2', exitCode: 0 });
});

test('Node without a WebSocket gets an error that names the option', async () => {
  const program = `
delete globalThis.WebSocket;
const client = new ParleyClient({ url, store });
await client.resume();
client.connect();
console.log(await client.live().catch((error) => error.message));`;
  const { printed, exitCode } = await onNode(program, []);
  expect(exitCode).toBe(0);
  expect(printed).toContain('pass the option `webSocket`');
});
