import { type Operation, type OperationId, operations, type RequestOf, type ResponseOf } from '@parley/protocol';
import type { Context, Hono } from 'hono';
import type * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { type Tracing, traceHeader } from '../platform/tracing.ts';
import { fieldErrors, invalidRequest } from '../platform/validation.ts';
import type { Caller } from '../users/accounts.ts';
import { bodyBytesMax } from './body-size.ts';
import { refuseForeignOrigin } from './origin.ts';
import { problemOf } from './problem.ts';
import { jsonBody } from './request-body.ts';
import type { RequestContext } from './request-context.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** The caller of an operation: null for a public operation, and for an administrator on the control socket. */
type CallerOf<Id extends OperationId> = (typeof operations)[Id]['access'] extends 'session'
  ? Caller
  : (typeof operations)[Id]['access'] extends 'administrator'
    ? Caller | null
    : null;

/** One handler for each operation. A missing or a superfluous handler does not compile. */
export type Handlers = {
  [Id in OperationId]: (
    request: RequestOf<Id>,
    caller: CallerOf<Id>,
    context: RequestContext,
  ) => Promise<ResponseOf<Id>>;
};

/** Authenticates and authorises the caller before the request is read. Throws a refusal. */
export type Authorise = (operationId: OperationId, request: Request, context: RequestContext) => Promise<Caller | null>;

export interface GatewayBindings {
  Bindings: RequestContext;
}

interface BindingPorts {
  authorise: Authorise;
  metrics: RequestMetrics;
  clock: Clock;
  tracing: Tracing;
  /** Origins, besides the server's own, whose web pages may use the API. */
  allowedOrigins: readonly string[];
}

/** Adds a route for each operation of the protocol: authorise, validate, handle, answer. */
export function bindOperations(app: Hono<GatewayBindings>, handlers: Handlers, ports: BindingPorts): void {
  const { authorise, metrics, clock, tracing, allowedOrigins } = ports;
  for (const [id, operation] of Object.entries(operations) as [OperationId, Operation][]) {
    // The table pairs each id with types of its own, which the compiler can't follow through a loop.
    const handle = handlers[id] as (request: unknown, caller: unknown, context: RequestContext) => Promise<unknown>;
    const bytesMax = operation.body ? bodyBytesMax(operation.body) : 0;
    const answer = async (context: Context<GatewayBindings>) => {
      refuseForeignOrigin(context.req.raw, allowedOrigins);
      const caller = await authorise(id, context.req.raw, context.env);
      const response = await handle(await validRequest(operation, bytesMax, context, clock), caller, context.env);
      return operation.status === 204 ? context.body(null, 204) : context.json(response as object, operation.status);
    };
    app.on(operation.method, operation.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
      const startedMs = clock.monotonicMs();
      const answered =
        operation.method === 'GET'
          ? answer(context)
          : tracing.receive(id, context.req.raw.headers.get(traceHeader), () => answer(context));
      const response = await answered.catch(problemOf);
      metrics.requestDone({ operationId: id, status: response.status, durationMs: clock.monotonicMs() - startedMs });
      return response;
    });
  }
}

async function validRequest(operation: Operation, bytesMax: number, context: Context<GatewayBindings>, clock: Clock) {
  const request = context.req.raw;
  return {
    params: valid(operation.params, context.req.param()),
    query: valid(operation.query, queryOf(request.url, operation)),
    headers: valid(operation.headers, headersOf(request, operation)),
    body: operation.body ? valid(operation.body, await jsonBody(request, bytesMax, clock, context.env)) : undefined,
  };
}

function valid(schema: z.ZodMiniType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error.issues));
  return parsed.data;
}

/** The headers that the operation reads. */
function headersOf(request: Request, { headers }: Operation): Record<string, string> {
  const names = Object.keys(headers?.shape ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** The query as an object. Throws a refusal for a parameter that is empty, given twice, or not expected. */
function queryOf(url: string, operation: Operation): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URL(url).searchParams) {
    if (value === '') throw invalidRequest([{ field: `/${name}`, rule: 'must not be empty' }]);
    if (Object.hasOwn(query, name)) throw invalidRequest([{ field: `/${name}`, rule: 'must be given once' }]);
    const shape = operation.query?.shape;
    if (shape && Object.hasOwn(shape, name) && isNumber(shape[name]) && !/^\d+$/.test(value)) {
      throw invalidRequest([{ field: `/${name}`, rule: 'must be a whole number in digits' }]);
    }
    if (!operation.query) throw invalidRequest([{ field: `/${name}`, rule: 'is not a field here' }]);
    Object.defineProperty(query, name, { value, enumerable: true });
  }
  return query;
}

/** Whether a query parameter is a number; JavaScript would also read `0x10`, `1e2` and `+5` as one. */
function isNumber(schema: z.core.$ZodType | undefined): boolean {
  const def = schema?._zod.def as z.core.$ZodTypeDef & { innerType?: z.core.$ZodType };
  return def?.innerType ? isNumber(def.innerType) : def?.type === 'number';
}
