import { describe, expect, test } from 'bun:test';
import { Parser } from '@asyncapi/parser';
import {
  type ClientFrame,
  clientFrames,
  closeCodes,
  type ErrorCode,
  errors,
  limits,
  type Operation,
  type OperationId,
  operations,
  Problem,
  type ServerFrame,
  serverFrames,
  sharedErrors,
} from '@parley/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import type * as z from 'zod/mini';
import { rateLimitRules } from '../../src/gateway/rate-limit-rules.ts';
import { asyncApiDocument, frameId } from '../../src/gateway/reference/asyncapi.ts';
import { clientFrameExamples, frameAnswers, serverFrameExamples } from '../../src/gateway/reference/frame-examples.ts';
import { openApiDocument } from '../../src/gateway/reference/openapi.ts';
import { operationExamples } from '../../src/gateway/reference/operation-examples.ts';
import { referencePage } from '../../src/gateway/reference/page.ts';
import { problemExample } from '../../src/gateway/reference/problem-example.ts';
import { requestParts } from '../../src/gateway/reference/request-parts.ts';
import { tags } from '../../src/gateway/reference/tags.ts';

const all = Object.entries(operations) as [OperationId, Operation][];
const page = referencePage('1.2.3');

describe('examples', () => {
  /** An example has every field in the form in which the server returns it, so parsing must not change it. */
  function expectExample(schema: z.core.$ZodType, example: unknown): void {
    expect((schema as z.ZodMiniType).parse(example)).toEqual(example);
  }

  test.each(all)('of %s is a valid request and a valid answer', (id, operation) => {
    const example = operationExamples[id];
    const { params, query, body } = requestParts(operation, example.input);
    const given = Object.keys(example.input as object);
    expect(Object.keys({ ...params, ...query, ...body }).sort()).toEqual(given.sort());
    operation.params?.parse(params);
    operation.query?.parse(Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])));
    if (operation.body) expectExample(operation.body, body);
    if (operation.response) expectExample(operation.response, example.response);
    else expect(example.response).toBeUndefined();
  });

  test.each(Object.keys(clientFrames) as ClientFrame['type'][])('of the client frame %s is valid', (type) => {
    expectExample(clientFrames[type], clientFrameExamples[type]);
  });

  test.each(Object.keys(serverFrames) as ServerFrame['type'][])('of the server frame %s is valid', (type) => {
    expectExample(serverFrames[type], serverFrameExamples[type]);
  });

  test('of a problem is valid', () => expectExample(Problem, problemExample));
});

describe('OpenAPI', () => {
  const document = openApiDocument('1.2.3');

  test('is valid', async () => {
    const { valid, errors: faults } = await new Validator().validate({ ...structuredClone(document) });
    expect(faults).toBeUndefined();
    expect(valid).toBe(true);
  });

  test.each(all)('has %s with its path, method, access and every error', (id, operation) => {
    const method = operation.method.toLowerCase() as 'get';
    const described = document.paths?.[operation.path]?.[method];
    expect(described?.operationId).toBe(id);
    expect(described?.security).toEqual(operation.access === 'public' ? [] : [{ session: [] }]);
    const codes = [...operation.errors, ...sharedErrors[operation.access]];
    const statuses = new Set([operation.status, ...codes.map((code) => errors[code].status)].map(String));
    expect(new Set(Object.keys(described?.responses ?? {}))).toEqual(statuses);
    for (const code of codes) {
      const answer = JSON.stringify(described?.responses?.[String(errors[code].status)]);
      expect(answer).toContain(`\`${code}\``);
      expect(answer.includes('Retry-After')).toBe([429, 503].includes(errors[code].status));
    }
  });

  test('has no other operation', () => {
    const paths = Object.values(document.paths ?? {});
    expect(paths.flatMap((path) => Object.keys(path))).toHaveLength(all.length);
  });

  test('has every tag that an operation has, and no other', () => {
    expect(new Set(Object.keys(tags))).toEqual(new Set(all.map(([, operation]) => operation.tag)));
  });

  test('lets later versions add fields to answers', () => {
    // Only requests have this one.
    const { MessageChange, ...answers } = document.components?.schemas ?? {};
    expect(JSON.stringify(answers)).not.toContain('"additionalProperties":false');
  });
});

describe('AsyncAPI', () => {
  const document = asyncApiDocument('1.2.3');

  test('is valid', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
    expect(diagnostics).toEqual([]);
    expect(parsed?.operations().all()).toHaveLength(Object.keys(clientFrames).length + 1);
  });

  test('has every frame, and the possible answers of each request', () => {
    const frames = { ...clientFrames, ...serverFrames };
    const names = new Set(Object.values(document.components.messages).map(({ name }) => name));
    expect(names).toEqual(new Set(Object.keys(frames)));
    const requests = new Map(Object.entries<object>(document.operations));
    for (const [type, answers] of Object.entries(frameAnswers)) {
      const messages = answers.map((answer) => ({
        $ref: `#/channels/socket/messages/${frameId(serverFrames[answer])}`,
      }));
      expect(requests.get(type)).toMatchObject({ action: 'receive', reply: { messages } });
    }
  });

  test('has every close code', () => {
    for (const { code, meaning } of Object.values(closeCodes)) {
      expect(document.channels.socket.description).toContain(`${code}: ${meaning}`);
    }
  });
});

describe('the page', () => {
  const ids = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id));
  const text = new Map(
    Array.from(page.matchAll(/<tr id="error-(\w+)">([\s\S]*?)<\/tr>/g), ([, code = '', row = '']) => [
      code,
      plain(row),
    ]),
  );

  function plain(html: string): string {
    return html
      .replaceAll(/<[^>]+>/g, '')
      .replaceAll('&#39;', "'")
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
  }

  test('lists every error with its meaning and what to do, and no other', () => {
    expect([...text.keys()]).toEqual(Object.keys(errors));
    for (const [code, row] of text) {
      const { status, meaning, remedy } = errors[code as ErrorCode];
      for (const part of [String(status), meaning, remedy]) expect(row).toContain(part.replaceAll('`', ''));
    }
  });

  test.each(all)('documents %s', (id, { errors: own }) => {
    const [, article = ''] = new RegExp(`<article id="op-${id}">([\\s\\S]*?)</article>`).exec(page) ?? [];
    for (const code of own) expect(article).toContain(`href="#error-${code}"`);
    expect(article).not.toBeEmpty();
  });

  test('documents every frame, close code and limit', () => {
    for (const type of Object.keys(clientFrames)) expect(ids).toContain(`frame-client-${type}`);
    for (const type of Object.keys(serverFrames)) expect(ids).toContain(`frame-server-${type}`);
    for (const { code } of Object.values(closeCodes)) expect(page).toContain(`<code>${code}</code>`);
    for (const name of Object.keys(limits)) expect(page).toContain(`<code>${name}</code>`);
    for (const { counts } of Object.values(rateLimitRules)) expect(page).toContain(counts);
  });

  test('has a target for every internal link, and no target twice', () => {
    const links = new Set(Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id = '']) => id));
    for (const id of links) expect(ids).toContain(id);
    expect(page.match(/ id="/g)).toHaveLength(ids.size);
  });

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe)\b|\bsrc=|\bon\w+="|\bstyle="/);
  });
});
