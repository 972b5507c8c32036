import { deviceHeader } from '@parley/protocol';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { type Clock, systemClock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { Tracing, traceHeader } from '../platform/tracing.ts';
import { type Authorise, bindOperations, type GatewayBindings, type Handlers } from './binding.ts';
import { defaultHeaders } from './default-headers.ts';
import { problemOf } from './problem.ts';
import { noRequestMetrics, type RequestMetrics } from './request-metrics.ts';

/** Options of an API besides its operations. */
export interface ApiOptions {
  /** Pages and documents about it; see `referenceRoutes`. */
  reference?: Hono;
  /** The web client; see `webRoutes`. */
  web?: Hono;
  /** Other origins whose web pages may use the API; none by default. */
  allowedOrigins?: readonly string[];
  metrics?: RequestMetrics;
  clock?: Clock;
  tracing?: Tracing;
}

/** The operations. Every failure is answered as a problem. */
export function createApi(handlers: Handlers, authorise: Authorise, options: ApiOptions = {}): Hono<GatewayBindings> {
  const { reference, web, allowedOrigins = [] } = options;
  const { metrics = noRequestMetrics, clock = systemClock, tracing = new Tracing() } = options;
  const app = new Hono<GatewayBindings>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(defaultHeaders)) {
      if (!context.res.headers.has(name)) context.header(name, value);
    }
  });
  if (allowedOrigins.length > 0) app.use('/v1/*', crossOrigin(allowedOrigins));
  bindOperations(app, handlers, { authorise, metrics, clock, tracing, allowedOrigins });
  if (reference) app.route('/', reference);
  if (web) app.route('/', web);
  const routes = knownRoutes(app);
  app.notFound((context) => unrouted(routes, context.req.method, context.req.path));
  app.onError((error) => problemOf(error));
  return app;
}

function crossOrigin(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', traceHeader, deviceHeader],
    exposeHeaders: ['retry-after'],
    maxAge: 3_600,
  });
}

interface KnownRoute {
  method: string;
  pattern: RegExp;
}

function knownRoutes(app: Hono<GatewayBindings>): KnownRoute[] {
  return app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method, pattern: patternOf(path) }));
}

/** The answer to a method and path that no route has. */
function unrouted(routes: readonly KnownRoute[], method: string, path: string): Response {
  const allowed = methodsOf(routes, path);
  if (allowed.length === 0) return problemOf(new Refusal('not_found', 'There is nothing at this path.'));
  const allow = allowed.join(', ');
  const response =
    method === 'OPTIONS'
      ? new Response(null, { status: 204 })
      : problemOf(new Refusal('method_not_allowed', `This path accepts ${allow}.`));
  response.headers.set('allow', allow);
  return response;
}

function methodsOf(routes: readonly KnownRoute[], path: string): string[] {
  const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) return [];
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
}
