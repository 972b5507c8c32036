import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Context, Hono } from 'hono';
import { Refusal } from '../../platform/failures.ts';
import { bundleFile } from './bundle-file.ts';

type Encoding = 'br' | 'gzip';

interface ServedFile {
  type: string;
  immutable: boolean;
  etag: string;
  raw: Uint8Array<ArrayBuffer>;
  br: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
}

type PackedFile = Record<'type' | 'raw' | 'br' | 'gzip', string> & { immutable: boolean };

/** Nothing is loaded from other origins, only these files are executed, and no page may frame them. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Paths within the web client: each shows its page. */
const pagePaths = ['/', '/c/:id', '/c/:id/:number', '/channels', '/settings', '/login', '/signup'];

/** The web client: its page and the files that the page loads. */
export function webRoutes(): Hono {
  const app = new Hono();
  // The bundle is read at the first request, so that a server without browser users does not hold it in memory.
  let files: Promise<Map<string, ServedFile> | null> | null = null;
  const serve = async (context: Context, path: string) => {
    files ??= readBundle();
    const known = await files;
    if (known === null) return context.text('The web client was not built: `npm start` builds it.\n', 503);
    const file = known.get(path);
    if (!file) throw new Refusal('not_found', 'The web client has no such file; it may be of another version.');
    return answer(context, file);
  };
  for (const path of pagePaths) app.get(path, (context) => serve(context, '/'));
  app.get('/assets/:name', (context) => serve(context, context.req.path));
  for (const name of [
    '/service-worker.js',
    '/manifest.webmanifest',
    '/icon.svg',
    '/icon-unread.svg',
    '/icon-maskable.svg',
  ]) {
    app.get(name, (context) => serve(context, name));
  }
  return app;
}

function answer(context: Context, file: ServedFile): Response {
  const { type, immutable, etag } = file;
  const headers = {
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    vary: 'accept-encoding',
    etag,
  };
  if (context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
  const encoding = encodingFor(context.req.header('accept-encoding') ?? '');
  const body = encoding ? file[encoding] : file.raw;
  return context.body(body, 200, {
    ...headers,
    'content-type': type,
    ...(encoding && { 'content-encoding': encoding }),
  });
}

function encodingFor(accepted: string): Encoding | null {
  const named = new Set(accepted.split(',').map((coding) => coding.trim().toLowerCase()));
  return named.has('br') ? 'br' : named.has('gzip') ? 'gzip' : null;
}

/** Null when no bundle was built. */
async function readBundle(): Promise<Map<string, ServedFile> | null> {
  let text: string;
  try {
    text = await readFile(bundleFile, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  // The build of this repository wrote the file and checks its form.
  const packed = JSON.parse(text) as Record<string, PackedFile>;
  return new Map(Object.entries(packed).map(([path, file]) => [path, unpack(file)]));
}

function unpack({ type, immutable, raw, br, gzip }: PackedFile): ServedFile {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const content = bytes(raw);
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  return { type, immutable, etag, raw: content, br: bytes(br), gzip: bytes(gzip) };
}
