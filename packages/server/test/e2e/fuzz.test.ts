import { afterAll, beforeAll, expect, test } from 'bun:test';
import { clientFrames, closeCodes, type Operation, operations } from '@parley/protocol';
import fc from 'fast-check';
import { valuesOf } from '../fuzz/grammar.ts';
import { mutatedJson } from '../fuzz/mutation.ts';
import { fuzzed } from '../fuzz/parameters.ts';
import { checkAnswer, placeholders, requests, withIds } from '../fuzz/requests.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
let ana: Person;
let ben: Person;
let operator: Person;
let ids: string[];
beforeAll(async () => {
  server = await RunningServer.start();
  [operator, ana, ben] = [
    await server.person('operator', true),
    await server.person('ana'),
    await server.person('ben'),
  ];
  const group = await server.call(ana, 'createGroup', { name: 'Group', userIds: [ben.account.id] });
  const channel = await server.call(ana, 'createChannel', { name: 'Channel' });
  const direct = await server.call(ana, 'openDirect', { userId: ben.account.id });
  await server.call(ana, 'sendMessage', { conversationId: group.id, clientMessageId: 'm', text: 'text' });
  ids = [group.id, channel.id, direct.id, ana.account.id, ben.account.id, operator.account.id];
});
afterAll(() => server.stop());

// The runtime refuses longer ones itself.
const shortRequests = requests.filter(({ path }) => path.length < 4_000);

test('every HTTP request is answered as documented, and never with an internal error', async () => {
  await fc.assert(
    fc.asyncProperty(shortRequests, async (placeholder) => {
      const { id, path, headers, body } = withIds(placeholder, ids);
      const operation: Operation = operations[id];
      const { token } = operation.access === 'administrator' ? operator : ana;
      const answer = await fetch(`${server.nextUrl()}${path}`, {
        method: operation.method,
        headers: { ...headers, authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
      await checkAnswer(id, answer);
    }),
    fuzzed(150),
  );
});

const { hello, ...others } = clientFrames;
const frames = fc.oneof(...Object.values(others).map((schema) => valuesOf(schema, placeholders)));
const texts = fc.array(
  fc.oneof(
    frames.map((frame) => JSON.stringify(frame)),
    mutatedJson(frames),
  ),
  {
    minLength: 1,
    maxLength: 12,
  },
);

test('after any frames, a socket answers the next one or was closed as documented, without an internal error', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (sent) => {
      const client = await server.wire(ben);
      for (const text of sent) client.sendRaw(withPlaceholders(text));
      client.sendRaw('{"type":"ping","id":"the end"}');
      await client
        .next('pong', ({ id }) => id === 'the end')
        .catch((error: unknown) => {
          if (client.socket.readyState !== WebSocket.CLOSED) throw error;
        });
      for (const { code, field } of client.of('error')) {
        expect(code).not.toBe('internal');
        if (code === 'invalid_request') expect(field).toStartWith('/');
      }
      await client.close();
      const known = [1000, 1005, ...Object.values(closeCodes).map(({ code }) => code)];
      expect(known).toContain((await client.closed).code);
    }),
    fuzzed(60),
  );
});

test('after any first frame, a new socket is welcomed, refused or closed as documented', async () => {
  const first = mutatedJson(valuesOf(hello, placeholders));
  await fc.assert(
    fc.asyncProperty(first, async (text) => {
      const client = await WireClient.open(server.nextUrl());
      client.sendRaw(text);
      const { code } = await client.closed;
      const known: number[] = Object.values(closeCodes).map((each) => each.code);
      expect(known).toContain(code);
    }),
    fuzzed(40),
  );
});

function withPlaceholders(text: string): string {
  return placeholders.reduce((all, each, index) => all.replaceAll(each, ids[index] ?? each), text);
}
