import { beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { bundleFile, ensureBundle } from '../build/bundle.ts';

const firstViewMaxBytes = 150_000;

describe('the bundle', () => {
  beforeAll(ensureBundle);

  test(`needs at most ${firstViewMaxBytes.toLocaleString('en')} bytes of compressed JavaScript for the first view`, () => {
    const files = JSON.parse(readFileSync(bundleFile, 'utf8')) as Record<
      string,
      { raw: string; br: string; gzip: string }
    >;
    const scripts = firstViewScripts(files);
    const sizeOf = (encoding: 'br' | 'gzip') =>
      scripts.reduce((sum, path) => sum + Buffer.from(files[path]?.[encoding] ?? '', 'base64').length, 0);
    console.log(
      `first view: ${sizeOf('br').toLocaleString('en')} bytes with Brotli, ${sizeOf('gzip').toLocaleString('en')} with gzip`,
    );
    expect(scripts.length).toBeGreaterThanOrEqual(2);
    // The script is the entry point, not a chunk with the same name.
    expect(Buffer.from(files[scripts[0] ?? '']?.raw ?? '', 'base64').toString()).toContain('the page has no #root');
    expect(sizeOf('gzip')).toBeLessThanOrEqual(firstViewMaxBytes);
  });

  test('is served compressed, with a strict content security policy, and is cached forever if its path has a hash', async () => {
    const server = await RunningServer.start();
    try {
      const page = await fetch(`${server.url}/c/anything`, { headers: { 'accept-encoding': 'identity' } });
      const html = await page.text();
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).not.toContain('unsafe');
      const script = /src="(\/assets\/main-[^"]+\.js)"/.exec(html)?.[1] ?? '';
      const plain = await (await fetch(server.url + script, { headers: { 'accept-encoding': 'identity' } })).bytes();
      for (const [encoding, decode] of [
        ['br', brotliDecompressSync],
        ['gzip', gunzipSync],
      ] as const) {
        const answer = await fetch(server.url + script, {
          headers: { 'accept-encoding': encoding },
          decompress: false,
        });
        expect(answer.headers.get('content-encoding')).toBe(encoding);
        expect(answer.headers.get('cache-control')).toContain('immutable');
        expect(Buffer.compare(decode(await answer.bytes()), plain)).toBe(0);
      }
      const etag = page.headers.get('etag') ?? '';
      const unchanged = await fetch(server.url, { headers: { 'if-none-match': etag } });
      expect(unchanged.status).toBe(304);
      for (const { headers } of [page, unchanged]) expect(headers.get('parley-server')).toBe('1');
      expect((await fetch(`${server.url}/assets/missing.js`)).status).toBe(404);
      expect(html).not.toMatch(/https?:\/\//);
    } finally {
      await server.stop();
    }
  });
});

/** The scripts that the page loads before the first click: its own, its static imports, and the engine. */
function firstViewScripts(files: Record<string, { raw: string }>): string[] {
  const textOf = (path: string) => Buffer.from(files[path]?.raw ?? '', 'base64').toString();
  const [main = ''] = [...textOf('/').matchAll(/src="([^"]+)"/g)].map(([, path]) => path ?? '');
  const scripts = new Set([main, ...Object.keys(files).filter((path) => path.startsWith('/assets/shared-worker-'))]);
  for (const path of scripts) {
    // Only static imports: `import(…)` runs after a click.
    for (const [, name] of textOf(path).matchAll(/(?:from|import)\s*"([^"]+\.js)"/g))
      scripts.add(new URL(name ?? '', `http://x${path}`).pathname);
  }
  return [...scripts];
}
