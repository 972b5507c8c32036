import { Hono } from 'hono';
import { version } from '../../platform/version.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';
import { referencePage } from './page.ts';
import { style } from './style.ts';
import { contentSecurityPolicy } from './web-page.ts';

/** Clients may cache a document, but not for long: another version of the server has another document. */
const cacheControl = 'public, max-age=300';

let made: Hono | null = null;

/**
 * The page and the documents of this version, generated from the tables that validate its traffic. Generating them
 * takes tens of milliseconds, so it is done once.
 */
export function referenceRoutes(): Hono {
  made ??= makeRoutes();
  return made;
}

function makeRoutes(): Hono {
  const app = new Hono();
  const policy = contentSecurityPolicy(style);
  const page = referencePage(version);
  app.get('/docs', (context) =>
    context.html(page, 200, { 'cache-control': cacheControl, 'content-security-policy': policy }),
  );
  const documents = {
    '/v1/openapi.json': JSON.stringify(openApiDocument(version)),
    '/v1/asyncapi.json': JSON.stringify(asyncApiDocument(version)),
  };
  for (const [path, document] of Object.entries(documents)) {
    const headers = { 'cache-control': cacheControl, 'content-type': 'application/json' };
    app.get(path, (context) => context.body(document, 200, headers));
  }
  return app;
}
