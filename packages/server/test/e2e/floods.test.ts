import { afterAll, beforeAll, expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { connectionWork } from '../../src/messaging/flow-control.ts';
import { unitsPerTurn } from '../../src/platform/work-turns.ts';
import { RunningServer } from '../support/running-server.ts';

/** The number of frames that are sent at once. */
const flood = 20_000;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start({ 'rate-limits': 'on' });
});
afterAll(() => server.stop());

test.each([
  ['is refused by a rule', '{"type":"ping","id":"1","colour":"red"}'],
  ['is above a rate limit', '{"type":"ping","id":"1"}'],
  ['names no known type', '{"type":"shout","id":"1"}'],
])('a connection that keeps sending what %s is closed after a bounded number of answers', async (_, frame) => {
  const client = await server.wire(await server.person(`flooding${frame.length}`));
  const startMs = performance.now();
  for (let n = 0; n < flood; n++) client.sendRaw(frame);
  expect((await client.closed).code).toBe(closeCodes.flooding.code);
  const answers = client.frames.filter(({ type }) => type === 'error' || type === 'pong');
  // The budget refills while the server is busy, too.
  const seconds = (performance.now() - startMs) / 1_000;
  expect(answers.length).toBeLessThan(connectionWork.burst + seconds * connectionWork.perSecond + unitsPerTurn);
  expect(answers.length).toBeLessThan(flood);
});

test.each(['ping', 'pong'] as const)(
  'a connection that keeps sending %ss of the WebSocket protocol is closed',
  async (kind) => {
    const client = await server.wire(await server.person(`controlling${kind}`));
    // Bun's client can send them, other clients cannot.
    const socket = client.socket as WebSocket & Record<typeof kind, () => void>;
    for (let n = 0; n < flood; n++) socket[kind]();
    expect((await client.closed).code).toBe(closeCodes.flooding.code);
  },
);

test('all requests that one connection sends at once within its budget are answered in order', async () => {
  const client = await server.wire(await server.person('pasting'));
  const ids = Array.from({ length: connectionWork.burst - 10 }, (_, n) => String(n));
  for (const id of ids) client.send({ type: 'ping', id });
  const answers = () => client.frames.filter(({ type }) => type === 'pong' || type === 'error');
  await client.until(() => answers().length === ids.length || undefined);
  expect(answers().map((answer) => ('id' in answer ? answer.id : undefined))).toEqual(ids);
  await client.close();
});
