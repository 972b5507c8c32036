import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type InputOf, limits, type Operation, type OperationId, operations } from '@parley/protocol';
import { bodyBytesMax } from '../../src/gateway/body-size.ts';
import { operationExamples } from '../../src/gateway/reference/operation-examples.ts';
import { requestParts } from '../../src/gateway/reference/request-parts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type ApiUnderTest, answerOf, password, requestFor, startApi } from './api-under-test.ts';
import { type BadField, badBodyFields, badTextFields } from './bad-input.ts';

let api: ApiUnderTest;
let admin: Awaited<ReturnType<ApiUnderTest['person']>>;
let ana: Awaited<ReturnType<ApiUnderTest['person']>>;
let stored: string;

beforeAll(async () => {
  // As time stands still, no work in the background changes the stored rows.
  api = await startApi({ clock: new FakeClock() });
  admin = await api.person('admin');
  ana = await api.person('ana.moreno');
  stored = api.dump();
});
afterAll(() => api.close());

const all = Object.entries(operations) as [OperationId, Operation][];

function tokenFor(operation: Operation): string | undefined {
  return operation.access === 'public' ? undefined : operation.access === 'session' ? ana.token : admin.token;
}

/** Sends the example of an operation with its body as this text. */
async function sendBody(id: OperationId, body: BodyInit) {
  const { path, init } = requestFor(id, operationExamples[id].input, tokenFor(operations[id]));
  return answerOf(id, await api.fetch(path, { ...init, body }));
}

/** Sends the example of an operation with one wrong field. */
async function sendWith(id: OperationId, { where, field, json }: BadField) {
  const operation: Operation = operations[id];
  const parts = requestParts(operation, operationExamples[id].input);
  if (where !== 'body') {
    const input = {
      ...parts.params,
      ...parts.query,
      ...parts.body,
      [field]: json === undefined ? json : JSON.parse(json),
    };
    const { path, init } = requestFor(id, input, tokenFor(operation));
    return answerOf(id, await api.fetch(path, init));
  }
  const fields = Object.entries(parts.body ?? {}).filter(([name]) => name !== field);
  const texts = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return sendBody(id, `{${[...texts, ...(json === undefined ? [] : [`${JSON.stringify(field)}:${json}`])].join(',')}}`);
}

describe.each(all)('%s', (id, operation) => {
  const bad = [...badTextFields(operation), ...badBodyFields(id, operation)];
  if (bad.length > 0) {
    test.each(bad.map((each): [string, BadField] => [`${each.field} in the ${each.where} is ${each.wrong}`, each]))(
      'names what is wrong when %s',
      async (_, each) => {
        const { problem } = await sendWith(id, each);
        expect(problem.code).toBe('invalid_request');
        expect(problem.errors?.[0]?.field).toStartWith(`/${each.field}`);
        expect(problem.errors?.[0]?.rule).not.toBeEmpty();
        expect(api.dump()).toBe(stored);
      },
    );
  }

  if (operation.query) {
    test.each(['unknown', '__proto__', 'constructor'])('refuses %s in the query', async (name) => {
      const { path, init } = requestFor(id, operationExamples[id].input, tokenFor(operation));
      const url = `${path}${path.includes('?') ? '&' : '?'}${name}=1`;
      const { problem } = await answerOf(id, await api.fetch(url, init));
      expect(problem.errors).toContainEqual({ field: `/${name}`, rule: 'is not a field here' });
    });

    test('refuses a repeated query parameter', async () => {
      const { path, init } = requestFor(id, operationExamples[id].input, tokenFor(operation));
      const url = `${path}${path.includes('?') ? '&' : '?'}limit=1&limit=2`;
      const { problem } = await answerOf(id, await api.fetch(url, init));
      expect(problem.errors).toEqual([{ field: '/limit', rule: 'must be given once' }]);
    });
  } else {
    test('refuses any query, because it has no parameters', async () => {
      const { path, init } = requestFor(id, operationExamples[id].input, tokenFor(operation));
      const { problem } = await answerOf(id, await api.fetch(`${path}?q=1`, init));
      expect(problem.errors).toEqual([{ field: '/q', rule: 'is not a field here' }]);
      expect(api.dump()).toBe(stored);
    });
  }

  if (operation.body) {
    const bytesMax = bodyBytesMax(operation.body);
    const deep = `${'['.repeat(33)}${']'.repeat(33)}`;
    test.each([
      ['no body', '', 'invalid_json'],
      ['half a body', '{"a":', 'invalid_json'],
      ['two bodies', '{} {}', 'invalid_json'],
      ['deep arrays', `{"a":${deep}}`, 'invalid_json'],
      ['deep arrays behind a string of brackets', `{"b":"]]]]\\"]]]]","a":${deep}}`, 'invalid_json'],
      ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), 'invalid_json'],
      ['UTF-8 of a surrogate', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_json'],
      ['an array', '[]', 'invalid_request'],
      ['null', 'null', 'invalid_request'],
      ['a text', '"a"', 'invalid_request'],
      ['too much', JSON.stringify({ a: 'x'.repeat(bytesMax) }), 'too_large'],
    ] as const)('refuses %s', async (_, body, code) => {
      const { problem } = await sendBody(id, body);
      expect(problem.code).toBe(code);
      expect(api.dump()).toBe(stored);
    });

    test("refuses a body announced above the operation's limit without reading it", async () => {
      const { path, init } = requestFor(id, operationExamples[id].input, tokenFor(operation));
      let pulled = 0;
      const stream = new ReadableStream<Uint8Array>({ pull: () => void pulled++ }, { highWaterMark: 0 });
      const headers = new Headers(init.headers);
      headers.set('content-length', String(bytesMax + 1));
      const { problem } = await answerOf(id, await api.fetch(path, { ...init, headers, body: stream }));
      expect([problem.code, pulled]).toEqual(['too_large', 0]);
    });

    test('stops reading a body without a length at the limit', async () => {
      let pulled = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(64 * 1024));
        },
      });
      const { problem } = await sendBody(id, body);
      expect(problem.code).toBe('too_large');
      expect(pulled).toBeLessThan(10);
    });

    test.each(['unknown', '__proto__', 'constructor'])('refuses the field %s', async (name) => {
      const { body } = requestParts(operation, operationExamples[id].input);
      const texts = Object.entries(body ?? {}).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
      const { problem } = await sendBody(
        id,
        `{${[...texts, `${JSON.stringify(name)}:{"administrator":true}`].join(',')}}`,
      );
      expect(problem.errors).toContainEqual({ field: `/${name}`, rule: 'is not a field here' });
      expect(api.dump()).toBe(stored);
    });

    test('names at most twenty violated rules', async () => {
      const fields = (length: number) =>
        JSON.stringify(Object.fromEntries(Array.from({ length }, (_, index) => [`field${index}`, 1])));
      const { problem } = await sendBody(id, fields(90));
      expect(problem.errors?.length).toBeLessThanOrEqual(20);
      // A body with more fields than any request needs is refused before any rule is applied.
      expect((await sendBody(id, fields(150))).problem.code).toBe('invalid_json');
    });
  }
});

test('a text may have 10,000 code points of four bytes, and not one more', async () => {
  const group = await api.call('createGroup', { name: 'Long' }, { token: ana.token });
  const send = (text: string, clientMessageId: string) =>
    api.call('sendMessage', { conversationId: group.response.id, clientMessageId, text }, { token: ana.token });
  const longest = '😀'.repeat(10_000);
  const sent = await send(longest, 'longest');
  expect(sent.status).toBe(201);
  const page = await api.call('getHistory', { conversationId: group.response.id }, { token: ana.token });
  expect(page.response.entries.at(-1)).toMatchObject({ text: longest });
  expect((await send(`${longest}a`, 'longer')).problem.errors?.[0]?.field).toBe('/text');
});

test('a password may have the maximum length in code points of four bytes', async () => {
  const longest = '😀'.repeat(limits.passwordMaxCodePoints);
  const input: InputOf<'signup'> = { username: 'long.password', password: longest };
  expect((await api.call('signup', input)).status).toBe(201);
  expect((await api.call('login', input)).status).toBe(201);
  expect((await api.call('login', { ...input, password })).problem.code).toBe('wrong_credentials');
});

test.each(['\ud800', 'a\0b', 'admin\0', ' admin', 'ａdmin'])('a log-in name matches only itself: %j', async (name) => {
  const { problem } = await api.call('login', { username: name, password });
  expect(problem.code).toBe('wrong_credentials');
});
