import { Database } from 'bun:sqlite';
import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deviceHeader,
  type InputOf,
  type Operation,
  type OperationId,
  operations,
  Problem,
  type ResponseOf,
  sharedErrors,
} from '@parley/protocol';
import type * as z from 'zod/mini';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import type { RateLimits } from '../../src/gateway/rate-limits-port.ts';
import { requestParts } from '../../src/gateway/reference/request-parts.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { composeProcess } from '../../src/process/compose-process.ts';
import { type GivenSettings, loadConfig } from '../../src/settings/settings.ts';
import { patientBounds } from '../support/patient-bounds.ts';
import { CountingArgon2 } from '../users/counting-argon2.ts';

export const password = 'correct horse battery';

interface Options {
  settings?: GivenSettings;
  /** Replaces the limiter. By default nothing is limited. */
  rateLimits?: RateLimits;
  clock?: Clock;
  /** Replaces adapters. */
  wrap?: (adapters: Adapters) => Adapters;
}

export interface Answer<Id extends OperationId = OperationId> {
  status: number;
  headers: Headers;
  /** The result of the operation; throws when it was refused. */
  readonly response: ResponseOf<Id>;
  /** The refusal; throws when there is none. */
  readonly problem: Problem;
}

export type ApiUnderTest = Awaited<ReturnType<typeof startApi>>;

/** An embedded server over a database of its own, called without a network. */
export async function startApi({
  settings = {},
  rateLimits,
  clock = systemClock,
  wrap = (same) => same,
}: Options = {}) {
  const data = mkdtempSync(join(tmpdir(), 'parley-gateway-'));
  const config = loadConfig({ data, 'rate-limits': rateLimits ? 'on' : 'off', ...settings }, {});
  const composed = await composeAdapters(config, clock);
  const adapters = wrap(rateLimits ? { ...composed, rateLimits } : composed);
  const argon2 = new CountingArgon2();
  const parts = composeProcess(config, adapters, { clock, argon2, submitBounds: patientBounds });
  await parts.start();
  const { edge } = parts;
  const api = edge?.api;
  if (!api) throw new Error('an embedded server has an API');

  const fetchRaw = async (path: string, init: RequestInit & { address?: string; isFromThisMachine?: boolean } = {}) =>
    api.request(path, init, {
      address: init.address ?? '192.0.2.1',
      isFromThisMachine: init.isFromThisMachine ?? true,
    });

  async function call<Id extends OperationId>(
    id: Id,
    input: InputOf<Id>,
    { token, address, device }: { token?: string; address?: string; device?: string } = {},
  ): Promise<Answer<Id>> {
    const { path, init } = requestFor(id, input, token);
    const headers = { ...init.headers, ...(device === undefined ? {} : { [deviceHeader]: device }) };
    return answerOf(id, await fetchRaw(path, { ...init, headers, ...(address === undefined ? {} : { address }) }));
  }

  return {
    adapters,
    argon2,
    metrics: parts.metrics,
    serverId: edge.messaging.serverId,
    fetch: fetchRaw,
    call,
    /** Signs up. */
    async person(username: string): Promise<{ token: string; userId: string; sessionId: string }> {
      const { token, account, session } = (await call('signup', { username, password })).response;
      return { token, userId: account.id, sessionId: session.id };
    },
    /** All stored rows, to compare before and after. */
    dump: () => dumpOf(join(data, databaseFile)),
    async close(): Promise<void> {
      await parts.stop();
      await adapters.close();
      rmSync(data, { recursive: true });
    },
  };
}

/** The request that a client sends for the operation with this input. */
export function requestFor(id: OperationId, input: unknown, token?: string): { path: string; init: RequestInit } {
  const operation: Operation = operations[id];
  const { params, query, body } = requestParts(operation, input);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (body) headers['content-type'] = 'application/json';
  return {
    path: search.size > 0 ? `${path}?${search}` : path,
    init: { method: operation.method, headers, ...(body ? { body: JSON.stringify(body) } : {}) },
  };
}

/**
 * Checks a response against the protocol's definition of the operation: its status and schema, or one of its errors.
 */
export async function answerOf<Id extends OperationId>(id: Id, answer: Response): Promise<Answer<Id>> {
  const operation: Operation = operations[id];
  const { status, headers } = answer;
  const text = await answer.text();
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  if (status !== operation.status) {
    expect(headers.get('content-type')).toBe('application/problem+json');
    const problem = Problem.parse(value);
    expect(problem.status).toBe(status);
    expect([...operation.errors, ...sharedErrors[operation.access]]).toContain(problem.code);
    return {
      status,
      headers,
      problem,
      get response(): ResponseOf<Id> {
        throw new Error(`${id} was refused: ${text}`);
      },
    };
  }
  if (operation.response) (operation.response as z.ZodMiniType).parse(value);
  else expect(text).toBe('');
  return {
    status,
    headers,
    response: value as ResponseOf<Id>,
    get problem(): Problem {
      throw new Error(`${id} was not refused: ${text}`);
    },
  };
}

function dumpOf(file: string): string {
  const database = new Database(file, { readonly: true });
  const tables = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => [name, database.query(`SELECT * FROM "${name}"`).all()]);
  database.close();
  return JSON.stringify(rows, null, 1);
}
