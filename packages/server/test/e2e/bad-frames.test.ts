import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeCodes, limits } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
let ana: Person;
let ben: Person;
let stranger: Person;
let conversationId: string;
beforeAll(async () => {
  server = await RunningServer.start();
  [ana, ben, stranger] = (await server.people('person', 3)) as [Person, Person, Person];
  ({ id: conversationId } = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id] }));
});
afterAll(() => server.stop());

describe('a violation of the protocol closes the socket with its code', () => {
  const violations: [string, (client: WireClient) => void, number][] = [
    ['a binary frame', (client) => client.sendRaw(new Uint8Array([1, 2, 3])), closeCodes.protocolError.code],
    ['no JSON', (client) => client.sendRaw('{"type":'), closeCodes.protocolError.code],
    ['JSON that is no object', (client) => client.sendRaw('[1]'), closeCodes.protocolError.code],
    ['deep JSON', (client) => client.sendRaw('['.repeat(30_000)), closeCodes.protocolError.code],
    ['a second hello', (client) => client.send({ type: 'hello', token: ana.token }), closeCodes.protocolError.code],
  ];
  for (const [name, misbehave, code] of violations) {
    test(name, async () => {
      const client = await server.wire(ana);
      misbehave(client);
      expect((await client.closed).code).toBe(code);
    });
  }

  test('a frame over 64 KiB', async () => {
    const client = await server.wire(ana);
    client.sendRaw(JSON.stringify({ type: 'ping', id: 'x'.repeat(limits.frameBytes) }));
    // The runtime refuses the frame before the server sees it: 1009, or no close frame at all.
    expect([1006, 1009]).toContain((await client.closed).code);
  });

  test('another frame before hello', async () => {
    const client = await WireClient.open(server.url);
    client.send({ type: 'ping' });
    expect((await client.closed).code).toBe(closeCodes.helloExpected.code);
  });

  test('no hello within five seconds', async () => {
    const client = await WireClient.open(server.url);
    expect((await client.closed).code).toBe(closeCodes.silent.code);
  });

  test('a token that is not valid', async () => {
    const client = await WireClient.open(server.url);
    client.send({ type: 'hello', token: 'no such token' });
    expect((await client.closed).code).toBe(closeCodes.unauthenticated.code);
  });

  test('a revoked session', async () => {
    const [person] = (await server.people('revoked', 1)) as [Person];
    await server.call(person, 'logout', {});
    const client = await WireClient.open(server.url);
    client.send({ type: 'hello', token: person.token });
    expect((await client.closed).code).toBe(closeCodes.unauthenticated.code);
  });
});

describe('an invalid field is refused by name, changes nothing, and the connection stays open', () => {
  const unknown = '0191d2f0-0000-7000-8000-000000000000';
  const send = (fields: object) =>
    ({ type: 'send', conversationId, clientMessageId: 'bad', text: 'x', ...fields }) as const;
  const refusals: [
    string,
    () => { type: 'send' | 'read' | 'history' | 'watch' | 'typing' },
    string,
    string | undefined,
  ][] = [
    ['a missing field', () => send({ text: undefined }), 'invalid_request', '/text'],
    ['a wrong type', () => send({ text: 7 }), 'invalid_request', '/text'],
    ['an empty text', () => send({ text: '' }), 'invalid_request', '/text'],
    ['10,001 code points', () => send({ text: 'x'.repeat(10_001) }), 'invalid_request', '/text'],
    ['NUL', () => send({ text: 'a\0b' }), 'invalid_request', '/text'],
    ['a lone surrogate', () => send({ text: '\ud800' }), 'invalid_request', '/text'],
    ['an unknown field', () => send({ colour: 'red' }), 'invalid_request', '/colour'],
    [
      '__proto__',
      () => JSON.parse(JSON.stringify(send({})).replace('"text"', '"__proto__":{"admin":true},"text"')),
      'invalid_request',
      '/__proto__',
    ],
    ['an invalid id', () => send({ conversationId: 'x' }), 'invalid_request', '/conversationId'],
    ['a conversation that does not exist', () => send({ conversationId: unknown }), 'not_found', undefined],
    ['a number out of range', () => ({ type: 'read', conversationId, seq: 1_000_000 }), 'invalid_request', '/seq'],
    ['a negative number', () => ({ type: 'read', conversationId, seq: -1 }), 'invalid_request', '/seq'],
    [
      'two directions at once',
      () => ({ type: 'history', conversationId, before: 5, after: 1 }),
      'invalid_request',
      '/',
    ],
    ['501 watched users', () => ({ type: 'watch', userIds: Array(501).fill(unknown) }), 'invalid_request', '/userIds'],
  ];
  for (const [name, frame, code, field] of refusals) {
    test(name, async () => {
      const before = await server.call(ana, 'getHistory', { conversationId });
      const client = await server.wire(ana);
      const answer = await client.request(frame());
      expect(answer).toMatchObject({ type: 'error', code, ...(field === undefined ? {} : { field }) });
      expect(await client.request({ type: 'ping' })).toMatchObject({ type: 'pong' });
      expect(await server.call(ana, 'getHistory', { conversationId })).toEqual(before);
      await client.close();
    });
  }

  test('a frame of no known type', async () => {
    const client = await server.wire(ana);
    client.sendRaw('{"type":"shout","id":"1"}');
    expect(await client.next('error')).toMatchObject({ id: '1', code: 'invalid_request', field: '/type' });
    expect(await client.request({ type: 'ping' })).toMatchObject({ type: 'pong' });
    await client.close();
  });

  test("another user's conversation looks like a missing one in every answer", async () => {
    const client = await server.wire(stranger);
    for (const type of ['send', 'read', 'history'] as const) {
      const fields = { send: { clientMessageId: 'x', text: 'x' }, read: { seq: 1 }, history: {} }[type];
      const foreign = await client.request({ type, conversationId, ...fields });
      const missing = await client.request({ type, conversationId: unknown, ...fields });
      expect(foreign).toMatchObject({ type: 'error', code: 'not_found' });
      expect({ ...foreign, id: '' }).toEqual({ ...missing, id: '' });
    }
    await client.close();
  });

  test('10,000 code points of four bytes each are accepted, and come back byte for byte', async () => {
    const client = await server.wire(ana);
    const text = '😀'.repeat(10_000);
    const ack = await client.request(send({ clientMessageId: 'longest', text }));
    expect(ack).toMatchObject({ type: 'ack' });
    const { entries } = await server.call(ben, 'getHistory', { conversationId, limit: 1 });
    expect(entries.at(-1)).toMatchObject({ text });
    await client.close();
  });
});
