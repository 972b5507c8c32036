import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type ClientFrame, clientFrames } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
let ana: Person;
let conversationId: string;
beforeAll(async () => {
  server = await RunningServer.start();
  ana = await server.person('ana');
  ({ id: conversationId } = await server.call(ana, 'createGroup', { name: 'g' }));
});
afterAll(() => server.stop());

/** One valid frame of each type. */
function sound(): { [Type in ClientFrame['type']]: Record<string, unknown> } {
  return {
    hello: { type: 'hello', token: ana.token, homepageLimit: 5, resume: true },
    send: { type: 'send', id: 'x', conversationId, clientMessageId: 'm', text: 'text' },
    amend: { type: 'amend', id: 'x', conversationId, seq: 1, amendmentId: 'a', change: { kind: 'delete' } },
    changes: { type: 'changes', id: 'x', conversationId, after: 0, limit: 10 },
    read: { type: 'read', id: 'x', conversationId, seq: 1, readVersion: 0 },
    unread: { type: 'unread', id: 'x', conversationId, seq: 2, readSeq: 1, readVersion: 0 },
    typing: { type: 'typing', conversationId },
    watch: { type: 'watch', id: 'x', userIds: [ana.account.id], conversationIds: [conversationId] },
    history: { type: 'history', id: 'x', conversationId, after: 0, limit: 10 },
    catch_up: { type: 'catch_up', id: 'x', ranges: [{ conversationId, after: 0, limit: 10 }] },
    ping: { type: 'ping', id: 'x' },
    features: { type: 'features', features: ['x'] },
  };
}

/** Values that are invalid in every field of every frame. */
const wrongValues = [
  null,
  true,
  1.5,
  -1,
  {},
  { length: { toString: 1 } },
  [[]],
  '',
  'x'.repeat(20_000),
  '\ud800',
  'a\0b',
];

for (const type of Object.keys(clientFrames) as ClientFrame['type'][]) {
  describe(`a ${type} frame`, () => {
    test('is refused with each field wrong in each way, naming the field', async () => {
      const fields = Object.keys(sound()[type]).filter((field) => field !== 'type');
      for (const field of fields) {
        for (const wrong of wrongValues) {
          if (allowed(field, wrong)) continue;
          const { answer } = await sendBad(type, { ...sound()[type], [field]: wrong });
          expect([field, JSON.stringify(wrong).slice(0, 20), answer.code, answer.field?.split('/')[1]]).toEqual([
            field,
            JSON.stringify(wrong).slice(0, 20),
            'invalid_request',
            field,
          ]);
        }
      }
    });

    test('is refused without a required field, and with an unknown one', async () => {
      const frame = sound()[type];
      for (const field of Object.keys(frame)) {
        const { [field]: _, ...rest } = frame;
        const parsed = clientFrames[type].safeParse(rest);
        if (parsed.success) continue;
        const { answer } = await sendBad(type, rest);
        expect([answer.code, answer.field]).toEqual(['invalid_request', `/${field}`]);
      }
      const { answer } = await sendBad(type, { ...frame, surplus: 1 });
      expect([answer.code, answer.field]).toEqual(['invalid_request', '/surplus']);
    });
  });
}

test('none of these frames changed anything', async () => {
  const { entries } = await server.call(ana, 'getHistory', { conversationId });
  expect(entries.map(({ kind }) => kind)).toEqual(['created']);
});

/** Sends a frame that has to be refused: a hello on a new socket, every other frame after a hello. */
async function sendBad(type: string, frame: Record<string, unknown>) {
  const client = type === 'hello' ? await WireClient.open(server.url) : await server.wire(ana);
  client.sendRaw(JSON.stringify(frame));
  const answer = await client.next('error');
  await client.close();
  return { answer };
}

/** Values that are invalid in other fields and valid in these. */
function allowed(field: string, value: unknown): boolean {
  if (field === 'resume') return value === true;
  if (field === 'text')
    return typeof value === 'string' && value.isWellFormed() && /^[^\0]+$/.test(value) && value.length <= 10_000;
  // Ids of requests, messages and tokens allow more characters than those of users and conversations.
  if (field === 'id' || field === 'token') return value === '\ud800' || value === 'a\0b';
  return false;
}
