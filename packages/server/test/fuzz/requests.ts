import { expect } from 'bun:test';
import { deviceHeader, type Operation, type OperationId, operations, Problem, sharedErrors } from '@parley/protocol';
import fc from 'fast-check';
import type * as z from 'zod/mini';
import { valuesOf } from './grammar.ts';
import { mutatedJson } from './mutation.ts';

/** Stand for the ids of users, conversations and sessions, which exist only when a case runs. */
export const placeholders = Array.from({ length: 6 }, (_, index) => `0191d2f0-0000-7000-8000-00000000000${index}`);

/** One request as it is sent, with placeholders instead of ids. */
export interface FuzzRequest {
  id: OperationId;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** Operations that would end the sessions with which the others are tried; the access tables and others test them. */
const excluded: OperationId[] = ['logout', 'revokeSession', 'changePassword', 'setAccountDisabled', 'resetPassword'];
const tried = (Object.entries(operations) as [OperationId, Operation][]).filter(([id]) => !excluded.includes(id));

const empty = fc.constant({});
const values = (schema: z.core.$ZodType | undefined) => (schema ? valuesOf(schema, placeholders) : empty);

/** Requests of all operations, with valid and with mutated parts. */
export const requests: fc.Arbitrary<FuzzRequest> = fc.oneof(
  ...tried.map(([id, operation]) => requestsOf(id, operation)),
);

function requestsOf(id: OperationId, operation: Operation): fc.Arbitrary<FuzzRequest> {
  const body = values(operation.body);
  const mutated = mutatedParts(values(operation.params), values(operation.query));
  return fc
    .record({
      parts: fc.oneof(mutated, fc.record({ params: values(operation.params), query: values(operation.query) })),
      body: fc.oneof(
        body.map((value) => JSON.stringify(value)),
        mutatedJson(body),
      ),
      device: fc.constantFrom(undefined, 'A'.repeat(43), 'short', 'ÿ'),
    })
    .map(({ parts: { params, query }, body, device }) => {
      const { length } = Object.keys(query as object);
      const search = new URLSearchParams(Object.entries(query as object).map(([name, value]) => [name, textOf(value)]));
      return {
        id,
        path: pathOf(operation, params as Record<string, unknown>) + (length > 0 ? `?${search}` : ''),
        headers: {
          ...(device !== undefined && operation.headers ? { [deviceHeader]: device } : {}),
          ...(operation.body ? { 'content-type': 'application/json' } : {}),
        },
        body: operation.body ? body : undefined,
      };
    });
}

/** Parts of which values were replaced. Those that are not JSON any more are left out. */
function mutatedParts(params: fc.Arbitrary<unknown>, query: fc.Arbitrary<unknown>) {
  return mutatedJson(fc.record({ params, query })).map((json) => {
    try {
      const { params = {}, query = {} } = JSON.parse(json) as { params?: unknown; query?: unknown };
      return { params: Object(params), query: Object(query) };
    } catch {
      return { params: {}, query: {} };
    }
  });
}

function pathOf({ path }: Operation, params: Record<string, unknown>): string {
  return path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => encodeURIComponent(textOf(params[name]).slice(0, 500)) || '-',
  );
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')).toWellFormed();
}

/** The request with the ids of this run. */
export function withIds(request: FuzzRequest, ids: readonly string[]): FuzzRequest {
  const filled = (text: string) =>
    placeholders.reduce((all, each, index) => all.replaceAll(each, ids[index] ?? each), text);
  return {
    ...request,
    path: filled(request.path),
    body: request.body === undefined ? undefined : filled(request.body),
  };
}

/**
 * Checks what must hold for every answer: it is one that the protocol documents, never an internal error, and a refusal
 * of an invalid request names the field. Returns the status.
 */
export async function checkAnswer(id: OperationId, answer: Response): Promise<number> {
  const operation: Operation = operations[id];
  const text = await answer.text();
  if (answer.status === operation.status) {
    if (operation.response) (operation.response as z.ZodMiniType).parse(JSON.parse(text));
    return answer.status;
  }
  const problem = Problem.parse(JSON.parse(text));
  const known = [...operation.errors, ...sharedErrors[operation.access], 'not_found', 'method_not_allowed'];
  expect(known).toContain(problem.code);
  expect(problem.code).not.toBe('internal');
  if (problem.code === 'invalid_request') expect(problem.errors?.[0]?.field).toStartWith('/');
  return answer.status;
}
