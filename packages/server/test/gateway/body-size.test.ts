import { expect, test } from 'bun:test';
import { limits, type Operation, operations } from '@parley/protocol';
import * as z from 'zod/mini';
import { bodyBytesMax } from '../../src/gateway/body-size.ts';

const bodies = Object.entries(operations).flatMap(([id, operation]) => {
  const { body } = operation as Operation;
  return body ? [[id, body] as const] : [];
});

test.each(bodies)('the limit of a body of %s is at most that of any body', (_, body) => {
  expect(bodyBytesMax(body)).toBeWithin(4_096, limits.bodyBytes + 1);
});

test('requests without a session have small limits', () => {
  expect(bodyBytesMax(operations.login.body)).toBeLessThanOrEqual(16 * 1024);
  expect(bodyBytesMax(operations.signup.body)).toBeLessThanOrEqual(16 * 1024);
});

test('the longest message fits with every character escaped', () => {
  const escaped = '\\ud83d\\ude00'.repeat(limits.textCodePoints);
  const body = `{ "clientMessageId": "${'x'.repeat(limits.clientMessageIdLength)}", "text": "${escaped}" }`;
  expect(operations.sendMessage.body.safeParse(JSON.parse(body)).success).toBe(true);
  expect(body.length).toBeLessThanOrEqual(bodyBytesMax(operations.sendMessage.body));
});

test('an indented body with the maximum number of users fits', () => {
  const userIds = Array.from({ length: limits.membersPerRequest }, () => crypto.randomUUID());
  const body = JSON.stringify({ userIds }, null, 8);
  expect(body.length).toBeLessThanOrEqual(bodyBytesMax(operations.addMembers.body));
});

test.each([
  ['a text', z.object({ text: z.string() })],
  ['a list', z.object({ list: z.array(z.boolean()) })],
  ['a text in a list', z.object({ list: z.array(z.string()).check(z.maxLength(3)) })],
  ['anything', z.object({ some: z.unknown() })],
])('a schema that leaves %s without a bound is refused', (_, body) => {
  expect(() => bodyBytesMax(body)).toThrow('has no bound');
});
