import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('..', import.meta.url));
const source = (path: string) => join(folder, 'src', path);

/** All files that the server sends to browsers, packed into one. The server reads it; the executable embeds it. */
export const bundleFile = join(folder, 'dist', 'bundle.json');

/** One file of the bundle, uncompressed and compressed, in base64. */
interface PackedFile {
  type: string;
  /** Whether its path contains a hash of its content, so that browsers may cache it forever. */
  immutable: boolean;
  raw: string;
  br: string;
  gzip: string;
}

interface BuiltFile {
  path: string;
  content: Uint8Array;
  /** Whether it is an entry point. A chunk that several files share may have the same name. */
  isEntry: boolean;
}

type ServedFile = Omit<BuiltFile, 'isEntry'>;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};

/** Builds the bundle unless the existing one is newer than all sources. */
export async function ensureBundle(): Promise<void> {
  if (!isOutdated()) return;
  const files = await build();
  const packed = Object.fromEntries(files.map((file) => [file.path, pack(file)]));
  mkdirSync(dirname(bundleFile), { recursive: true });
  // A server that starts meanwhile reads either the old or the new bundle.
  const unfinished = `${bundleFile}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(packed));
  renameSync(unfinished, bundleFile);
}

/** Builds all files, each with its path. Tests make other versions of the client with plugins. */
export async function build(plugins: Bun.BunPlugin[] = []): Promise<ServedFile[]> {
  const compile = (entrypoints: string[], define: Record<string, string>) => compileWith(plugins, entrypoints, define);
  const engine = await compile([source('engine/shared-worker.ts')], {});
  const engineScript = JSON.stringify(`/${entryOf(engine, 'shared-worker').path}`);
  const highlighter = await compile([source('highlighting/highlight-worker.ts')], {});
  const highlightScript = JSON.stringify(`/${entryOf(highlighter, 'highlight-worker').path}`);
  const main = await compile([source('main.tsx'), source('style/parley.css')], {
    ENGINE_SCRIPT: engineScript,
    HIGHLIGHT_SCRIPT: highlightScript,
  });
  const served = ({ path, content }: BuiltFile) => ({ path: `/${path}`, content });
  const assets = [...engine, ...main].map(served);
  const page = readFileSync(join(folder, 'public/index.html'), 'utf8')
    .replace('STYLE', `/${entryOf(main, 'parley', 'css').path}`)
    .replace('SCRIPT', `/${entryOf(main, 'main').path}`);
  const index = { path: '/', content: new TextEncoder().encode(page) };
  const others = readdirSync(join(folder, 'public'))
    .filter((name) => name !== 'index.html')
    .map((name) => ({ path: `/${name}`, content: new Uint8Array(readFileSync(join(folder, 'public', name))) }));
  const shell = [...assets, ...others];
  const hash = new Bun.CryptoHasher('sha256');
  for (const { content } of [index, ...shell]) hash.update(content);
  const worker = await compile([source('service-worker/service-worker.ts')], {
    SHELL_FILES: JSON.stringify(shell.map(({ path }) => path)),
    SHELL_NAME: JSON.stringify(`parley ${hash.digest('hex').slice(0, 16)}`),
  });
  const [{ content }] = worker as [BuiltFile];
  // Not in the shell: most people read no code, and do without colours when there is no connection.
  return [index, ...shell, ...highlighter.map(served), { path: '/service-worker.js', content }];
}

async function compileWith(
  plugins: Bun.BunPlugin[],
  entrypoints: string[],
  define: Record<string, string>,
): Promise<BuiltFile[]> {
  const { outputs } = await Bun.build({
    entrypoints,
    plugins,
    target: 'browser',
    format: 'esm',
    splitting: true,
    minify: true,
    publicPath: '/',
    naming: { entry: 'assets/[name]-[hash].[ext]', chunk: 'assets/[name]-[hash].[ext]' },
    define: { 'process.env.NODE_ENV': '"production"', ...define },
  });
  return Promise.all(
    outputs.map(async (output) => ({
      path: output.path.replace(/^\.?\//, ''),
      content: new Uint8Array(await output.arrayBuffer()),
      isEntry: output.kind !== 'chunk',
    })),
  );
}

function entryOf(files: readonly BuiltFile[], name: string, extension = 'js'): BuiltFile {
  const found = files.find(
    ({ path, isEntry }) => isEntry && path.startsWith(`assets/${name}-`) && path.endsWith(`.${extension}`),
  );
  if (!found) throw new Error(`the build made no ${name}.${extension}: ${files.map(({ path }) => path).join(', ')}`);
  return found;
}

function pack({ path, content }: ServedFile): PackedFile {
  const extension = path === '/' ? 'html' : (path.split('.').at(-1) ?? '');
  const type = contentTypes[extension];
  if (type === undefined) throw new Error(`no content type is known for ${path}`);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    type,
    immutable: path.startsWith('/assets/'),
    raw: base64(content),
    br: base64(brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })),
    gzip: base64(gzipSync(content, { level: 9 })),
  };
}

function isOutdated(): boolean {
  if (!existsSync(bundleFile)) return true;
  const builtAtMs = statSync(bundleFile).mtimeMs;
  const packages = join(folder, '..');
  const sources = ['web/src', 'web/public', 'web/build', 'sdk/src', 'protocol/src'].map((path) => join(packages, path));
  return newestMs([...sources, join(packages, '../package-lock.json')]) > builtAtMs;
}

function newestMs(paths: readonly string[]): number {
  return Math.max(
    ...paths.map((path) => {
      const stats = statSync(path);
      return stats.isDirectory() ? newestMs(readdirSync(path).map((name) => join(path, name))) : stats.mtimeMs;
    }),
  );
}
