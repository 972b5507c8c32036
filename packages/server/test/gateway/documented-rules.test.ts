import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { clientFrames, type OperationId } from '@parley/protocol';
import * as z from 'zod/mini';
import { openApiDocument } from '../../src/gateway/reference/openapi.ts';
import { type ApiUnderTest, startApi } from './api-under-test.ts';

let api: ApiUnderTest;
let ana: { token: string; userId: string };
beforeAll(async () => {
  api = await startApi();
  ana = await api.person('ana');
});
afterAll(() => api.close());

interface Schema {
  type?: string | string[];
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
  [keyword: string]: unknown;
}

/** Every string that a request can have, with its location. */
function* stringsOf(schema: Schema, at: string): Iterable<[at: string, schema: Schema]> {
  if (schema.type === 'string') yield [at, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* stringsOf(property, `${at}.${name}`);
  if (schema.items) yield* stringsOf(schema.items, `${at}[]`);
  for (const part of [...(schema.anyOf ?? []), ...(schema.allOf ?? [])]) yield* stringsOf(part, at);
}

/** The schema of a frame, which is a definition under its name. */
function schemaOf(frame: z.ZodMiniType): Schema {
  const { $ref = '', $defs = {} } = z.toJSONSchema(frame, { io: 'input' });
  const schema = $defs[$ref.replace('#/$defs/', '')];
  if (!schema) throw new Error(`${$ref} is not among the definitions`);
  return schema as Schema;
}

describe('the documents name every rule for requests', () => {
  const document = openApiDocument('0') as unknown as {
    paths: Record<string, Record<string, { operationId: string; parameters?: object[]; requestBody?: object }>>;
  };
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const hasForm = ({ pattern, format, enum: values, const: value }: Schema) =>
    [pattern, format, values, value].some((each) => each !== undefined);

  /** Strings that only have a length rule: they are compared with stored ones, or returned. */
  const anyText = [
    ...['signup.invitation', 'login.username', 'lookUpUsers.versions[]', 'listReactions.emoji', 'hello.token', 'id'],
  ];
  const isAnyText = (at: string) => anyText.some((each) => at === each || at.endsWith(`.${each}`));

  test('strings of operations have a pattern or format', () => {
    const without = operations.flatMap(({ operationId, parameters = [], requestBody }) => {
      const named = (parameters as { name: string; schema: Schema }[]).map(({ name, schema }): [string, Schema] => [
        `${operationId}.${name}`,
        schema,
      ]);
      const body = (requestBody as { content: Record<string, { schema: Schema }> } | undefined)?.content[
        'application/json'
      ]?.schema;
      const strings = [...named.flatMap(([at, schema]) => [...stringsOf(schema, at)])];
      if (body) strings.push(...stringsOf(body, operationId));
      return strings.filter(([at, schema]) => !hasForm(schema) && !isAnyText(at)).map(([at]) => at);
    });
    expect(without).toEqual([]);
  });

  test('strings of frames have a pattern or format', () => {
    const without = Object.entries(clientFrames).flatMap(([type, frame]) =>
      [...stringsOf(schemaOf(frame), type)]
        .filter(([at, schema]) => !hasForm(schema) && !isAnyText(at))
        .map(([at]) => at),
    );
    expect(without).toEqual([]);
  });

  test('an empty change, and two directions of history at once, are excluded', () => {
    const update = operations.find(({ operationId }) => operationId === 'updateConversation');
    expect(update?.requestBody).toMatchObject({ content: { 'application/json': { schema: { minProperties: 1 } } } });
    const history = operations.find(({ operationId }) => operationId === 'getHistory');
    expect(JSON.stringify(history)).toContain('Only one of `before`, `after` and `around` may be given.');
    expect(schemaOf(clientFrames.history)).toHaveProperty('not.anyOf');
  });
});

test.each(['0x10', '1e1', '+5', '5.0', ' 5', '٥', '-1', 'Infinity', '1_0'])(
  'a number is digits alone: %s',
  async (limit) => {
    const answer = await api.fetch(`/v1/homepage?limit=${encodeURIComponent(limit)}`, {
      headers: { authorization: `Bearer ${ana.token}` },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ field: '/limit' }] });
  },
);

test('an id is accepted in upper and lower case', async () => {
  const { id } = (await api.call('createGroup', { name: 'Hikers' }, ana)).response;
  const upper = id.toUpperCase();
  expect((await api.call('getConversation', { conversationId: upper }, ana)).response.id).toBe(id);
  const send = { conversationId: upper, clientMessageId: '1', text: 'x' };
  expect((await api.call('sendMessage', send, ana)).response.conversationId).toBe(id);
  const ben = await api.person('ben');
  await api.call('addMembers', { conversationId: upper, userIds: [ben.userId.toUpperCase()] }, ana);
  expect((await api.call('getUser', { userId: ben.userId.toUpperCase() }, ana)).response.id).toBe(ben.userId);
});

describe('a client request id', () => {
  const make = (id: OperationId, name: string, clientRequestId: string) =>
    api.call(id, { name, clientRequestId } as never, ana);

  test('returns the same conversation again', async () => {
    const first = (await make('createGroup', 'Hikers', 'again')).response as { id: string };
    expect((await make('createGroup', 'Hikers', 'again')).response).toMatchObject({ id: first.id });
  });

  test.each([
    ['createGroup', 'createChannel', 'Hikers'],
    ['createChannel', 'createGroup', 'Hikers'],
    ['createGroup', 'createGroup', 'Climbers'],
  ] as const)('of %s is refused to %s of %s', async (first, second, name) => {
    const id = `${first} ${second}`.replace(' ', '-');
    await make(first, 'Hikers', id);
    expect((await make(second, name, id)).problem.code).toBe('client_request_id_reused');
  });
});
