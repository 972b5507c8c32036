import { Hono } from 'hono';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';
import { referencePage } from './page.ts';
import { style } from './style.ts';
import { contentSecurityPolicy } from './web-page.ts';

/** What doesn't change while the server runs may be kept, but is asked for again: the next version differs. */
const cacheControl = 'public, max-age=300';

/** The server's own page and documents, made once from the tables that validate its traffic. */
export function referenceRoutes(version: string): Hono {
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
