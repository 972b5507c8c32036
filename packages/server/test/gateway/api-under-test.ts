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
  type SignupMode,
  sharedErrors,
} from '@parley/protocol';
import type * as z from 'zod/mini';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { embeddedAdapters } from '../../src/compose/embedded.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { Signals } from '../../src/connections/signals.ts';
import { noDistributionMetrics, noSubmitMetrics } from '../../src/distribution/distribution-metrics.ts';
import { Distributor } from '../../src/distribution/distributor.ts';
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { Admission, noRateLimits } from '../../src/gateway/admission.ts';
import { type ApiOptions, createApi } from '../../src/gateway/app.ts';
import { authoriseBySession } from '../../src/gateway/authorisation.ts';
import { createHandlers, type Services } from '../../src/gateway/handlers.ts';
import type { RateLimits } from '../../src/gateway/rate-limits-port.ts';
import { requestParts } from '../../src/gateway/reference/request-parts.ts';
import { ConversationReads } from '../../src/operations/conversation-reads.ts';
import { Conversations } from '../../src/operations/conversations.ts';
import { Messages } from '../../src/operations/messages.ts';
import { ReadReceipts } from '../../src/operations/read-receipts.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { Tracing } from '../../src/platform/tracing.ts';
import { Accounts } from '../../src/users/accounts.ts';
import { Administration } from '../../src/users/administration.ts';
import { PasswordHashing } from '../../src/users/password-hashing.ts';
import { People } from '../../src/users/people.ts';
import { CountingArgon2 } from '../users/counting-argon2.ts';

export const password = 'correct horse battery';
export const serverId = 'server-under-test';

interface Settings extends ApiOptions {
  signup?: SignupMode;
  rateLimits?: RateLimits;
  clock?: Clock;
  /** Takes the place of services. */
  services?: Partial<Services>;
}

export interface Answer<Id extends OperationId = OperationId> {
  status: number;
  headers: Headers;
  /** What the operation answers with; throws when it was refused. */
  readonly response: ResponseOf<Id>;
  /** The refusal; throws when there is none. */
  readonly problem: Problem;
}

export type ApiUnderTest = Awaited<ReturnType<typeof startApi>>;

/** The gateway over a database of its own, with everything behind it but sockets. */
export async function startApi({ signup = 'open', rateLimits = noRateLimits, ...options }: Settings = {}) {
  const { clock = systemClock } = options;
  const folder = mkdtempSync(join(tmpdir(), 'parley-gateway-'));
  const adapters = embeddedAdapters(folder, clock);
  const argon2 = new CountingArgon2();
  const accounts = accountsOver(adapters, argon2, clock, signup);
  const { services, stop } = await servicesOver(adapters, accounts, clock);
  const admission = new Admission(rateLimits);
  const handlers = createHandlers({ ...services, admission, ...options.services });
  const app = createApi(handlers, authoriseBySession(accounts, admission), options);

  const fetchRaw = async (path: string, init: RequestInit & { address?: string; isFromThisMachine?: boolean } = {}) =>
    app.request(path, init, {
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
    accounts,
    argon2,
    fetch: fetchRaw,
    call,
    /** Signs up and returns the new session's token and user id. */
    async person(username: string): Promise<{ token: string; userId: string; sessionId: string }> {
      const { token, account, session } = (await call('signup', { username, password })).response;
      return { token, userId: account.id, sessionId: session.id };
    },
    /** Everything that is stored, to compare what was with what is. */
    dump: () => dumpOf(join(folder, databaseFile)),
    async close(): Promise<void> {
      await stop();
      await adapters.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function accountsOver(adapters: Adapters, argon2: CountingArgon2, clock: Clock, signup: SignupMode): Accounts {
  const signals = new Signals(adapters.registry, adapters.mailboxes);
  const passwords = new PasswordHashing({ concurrencyMax: 2, waitingMax: 200 }, argon2);
  return new Accounts(adapters.users, passwords, signals, clock, systemIds, signup);
}

async function servicesOver(adapters: Adapters, accounts: Accounts, clock: Clock) {
  const { users, conversations, history, registry, mailboxes, commandLog } = adapters;
  const tracing = new Tracing();
  const submitter = new CommandSubmitter({
    ...{ serverId: () => serverId, log: commandLog, clock, ids: systemIds, tracing, metrics: noSubmitMetrics },
    enabled: { level: firstLevel },
  });
  const mailbox = await mailboxes.open(serverId, (deliveries: readonly Delivery[]) => {
    for (const delivery of deliveries) {
      if (delivery.kind === 'outcome') submitter.settle(delivery.requestId, delivery.outcome);
    }
  });
  const metrics = noDistributionMetrics;
  const distributor = new Distributor({
    ...{ commandLog, history, conversations, registry, mailboxes, clock, metrics, tracing },
  });
  const consumer = await distributor.run();
  const reads = new ConversationReads(conversations, users, registry);
  const passwords = new PasswordHashing({ concurrencyMax: 2, waitingMax: 200 }, new CountingArgon2());
  const stats = async () => ({
    version: 'under-test',
    startedAtMs: 0,
    onlineUsers: 0,
    connections: 0,
    ...(await adapters.totals.read()),
  });
  const services = {
    version: 'under-test',
    accounts,
    people: new People(users, registry),
    administration: new Administration(users, accounts, passwords, clock, systemIds, stats),
    conversations: new Conversations(submitter, reads, users, systemIds),
    reads,
    receipts: new ReadReceipts(conversations, history, new Signals(registry, mailboxes)),
    messages: new Messages(history, conversations, submitter, async () => false),
  };
  const stop = async () => {
    await consumer.close();
    submitter.close();
    await mailbox.close();
  };
  return { services, stop };
}

/** The request that calls an operation with this input, as a client would send it. */
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

/** Checks an answer against what the protocol says of the operation: its status and form, or one of its errors. */
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
