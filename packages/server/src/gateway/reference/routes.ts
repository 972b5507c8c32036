import { Hono } from 'hono';
import { version } from '../../platform/version.ts';

/** Clients may cache a document, but not for long: another version of the server has another document. */
const cacheControl = 'public, max-age=300';

/**
 * The page and the documents of this version, generated from the tables that validate its traffic. Each is generated at
 * its first request, once: generating all takes 0.2 s of processor time, which most processes never need.
 */
const page = once(async () => {
  const [{ referencePage }, { style }, { contentSecurityPolicy }] = await Promise.all([
    import('./page.ts'),
    import('./style.ts'),
    import('./web-page.ts'),
  ]);
  return { text: referencePage(version), policy: contentSecurityPolicy(style) };
});
const documents = {
  '/v1/openapi.json': once(async () => JSON.stringify((await import('./openapi.ts')).openApiDocument(version))),
  '/v1/asyncapi.json': once(async () => JSON.stringify((await import('./asyncapi.ts')).asyncApiDocument(version))),
};

export function referenceRoutes(): Hono {
  const app = new Hono();
  app.get('/docs', async (context) => {
    const { text, policy } = await page();
    return context.html(text, 200, { 'cache-control': cacheControl, 'content-security-policy': policy });
  });
  for (const [path, document] of Object.entries(documents)) {
    const headers = { 'cache-control': cacheControl, 'content-type': 'application/json' };
    app.get(path, async (context) => context.body(await document(), 200, headers));
  }
  return app;
}

function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
