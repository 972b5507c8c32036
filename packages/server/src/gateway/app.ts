import { operations } from '@parley/protocol';
import { Hono } from 'hono';
import { Refusal } from '../platform/failures.ts';
import { type Authorise, bindOperations, type GatewayBindings, type Handlers } from './binding.ts';
import { problemOf } from './problem.ts';

/** The API alone: its operations, with every failure answered as a problem. */
export function createApi(handlers: Handlers, authorise: Authorise): Hono<GatewayBindings> {
  const app = new Hono<GatewayBindings>();
  app.use(async (context, next) => {
    await next();
    context.header('x-content-type-options', 'nosniff');
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
  });
  bindOperations(app, handlers, authorise);
  app.all('/v1/*', (context) => {
    const allowed = methodsOf(context.req.path);
    if (allowed.length === 0) throw new Refusal('not_found', 'There is nothing at this path.');
    const response = problemOf(new Refusal('method_not_allowed', `This path takes ${allowed.join(', ')}.`));
    response.headers.set('allow', allowed.join(', '));
    return response;
  });
  app.notFound(() => problemOf(new Refusal('not_found', 'There is nothing at this path.')));
  app.onError((error) => problemOf(error));
  return app;
}

function methodsOf(path: string): string[] {
  return Object.values(operations)
    .filter((operation) => patternOf(operation.path).test(path))
    .map((operation) => operation.method);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
