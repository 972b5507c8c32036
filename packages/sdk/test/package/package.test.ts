import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { describeInBrowser, launchBrowser, openWindow } from '../../../web/test/support/browser.ts';
import { examplesOf, filesOf, Installation, inWorkspace, run, succeed, workspaceFile } from './installation.ts';

/** The oldest supported release, and the first one with a WebSocket. */
const [withoutWebSocket, withWebSocket] = ['20.20.2', '22.23.3'];
const sizeMaxBytes = 40 * 1024;
const setUpMs = 600_000;
const browserMs = 300_000;
/** What the programs print after one user sent a message and another received it. */
const talked = JSON.stringify({ sent: 2, received: 2, length: 10_000 });

const installation = new Installation();
let node20: string;
let node22: string;
let javaScript: string;
let typeScript: string;

beforeAll(async () => {
  await installation.pack();
  [node20, node22, javaScript, typeScript] = await Promise.all([
    installation.node(withoutWebSocket),
    installation.node(withWebSocket),
    installation.project('javascript', ['talk.mjs', 'with-own-socket.mjs', 'unreachable.mjs']),
    installation.project(
      'typescript',
      ['typed-program.ts', 'page.ts', 'talk.mjs', 'with-ws.mjs'],
      ['ws', '@types/ws', '@types/node'].map(inWorkspace),
    ),
  ]);
  for (const [index, code] of examplesOf(typeScript, '@parley/sdk').entries()) {
    writeFileSync(join(typeScript, `example-${index}.ts`), code);
  }
}, setUpMs);
afterAll(() => installation.remove());

/** Runs a program with a server of its own. */
async function withServer(node: string, project: string, program: string) {
  const server = await RunningServer.start();
  const outcome = await run([node, program], project, { PARLEY_URL: server.url });
  await server.stop();
  return outcome;
}

function pageAt(folder: string, path: string): Response {
  const file = join(folder, path === '/' ? 'index.html' : path);
  // Browsers request an icon.
  return existsSync(file) ? new Response(Bun.file(file)) : new Response(null, { status: 204 });
}

type Page = Awaited<ReturnType<typeof openWindow>>['page'];

async function titled(page: Page, title: string, faults: readonly string[]): Promise<void> {
  await page.waitForFunction(`document.title === '${title}'`).catch(async (cause) => {
    throw new Error(`waited for '${title}'; the title is '${await page.title()}', the faults ${faults}`, { cause });
  });
}

describe('the packages', () => {
  const names = ['protocol', 'sdk'];

  test.each(names)(
    '@parley/%s contains each source, its output with types and source maps, README and licence',
    (name) => {
      const files = filesOf(javaScript, `@parley/${name}`);
      const modules = files.filter((file) => file.startsWith('src/')).map((file) => file.slice(4, -3));
      expect(modules).toContain('index');
      const made = modules.flatMap((module) =>
        ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => `dist/${module}${end}`),
      );
      const sources = modules.map((module) => `src/${module}.ts`);
      expect(files).toEqual(['LICENSE', 'README.md', 'package.json', ...made, ...sources].sort());
    },
  );

  test.each(names)('@parley/%s has only links in its README to files that it contains', (name) => {
    const folder = join(javaScript, 'node_modules/@parley', name);
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([]);
  });

  test.each(names)('@parley/%s has a manifest without faults', async (name) => {
    const pkgDir = join(javaScript, 'node_modules/@parley', name);
    const { messages } = await publint({ pkgDir, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test('the README contains the command that installs the packages', () => {
    const readme = readFileSync(join(javaScript, 'node_modules/@parley/sdk/README.md'), 'utf8');
    expect(readme).toContain(`npm install ${installation.tarballs.join(' ')}\n`);
  });
});

describe('in an empty folder with only the packages', () => {
  test('the quick start of the README runs unchanged', async () => {
    const [quickStart = ''] = examplesOf(javaScript, '@parley/sdk');
    writeFileSync(join(javaScript, 'quick-start.mjs'), quickStart);
    const outcome = await withServer(node22, javaScript, 'quick-start.mjs');
    expect(outcome).toEqual({ exitCode: 0, printed: 'on disk as number 2', complaints: '' });
  });

  test('the example of the protocol runs unchanged', async () => {
    const [example = ''] = examplesOf(javaScript, '@parley/protocol');
    writeFileSync(join(javaScript, 'protocol.mjs'), example);
    const printed = 'pong\nPOST /v1/conversations/{conversationId}/messages up to 10000 characters\n4200 stop\ntrue';
    expect(await run([node22, 'protocol.mjs'], javaScript)).toEqual({ exitCode: 0, printed, complaints: '' });
  });

  test('two people sign up, log in, send and receive on Node 22', async () => {
    const outcome = await withServer(node22, javaScript, 'with-own-socket.mjs');
    expect(outcome).toEqual({ exitCode: 0, printed: talked, complaints: '' });
  });

  test('two people sign up, log in, send and receive on Bun', async () => {
    const { exitCode, printed } = await withServer(process.execPath, javaScript, 'with-own-socket.mjs');
    expect({ exitCode, printed }).toEqual({ exitCode: 0, printed: talked });
  });

  test('require works on Node 22', async () => {
    const program = "console.log(typeof require('@parley/sdk').ParleyClient)";
    expect(await succeed([node22, '--no-warnings', '--input-type=commonjs', '--eval', program], javaScript)).toBe(
      'function',
    );
  });

  test('an error names the line of the TypeScript source', async () => {
    const printed = await succeed([node22, '--enable-source-maps', 'unreachable.mjs'], javaScript);
    const [, line] = /node_modules\/@parley\/sdk\/src\/http\.ts:(\d+)/.exec(printed) ?? [printed];
    const source = readFileSync(join(javaScript, 'node_modules/@parley/sdk/src/http.ts'), 'utf8').split('\n');
    expect([line, source[Number(line) - 1]]).toEqual([line, expect.stringContaining('throw new Disconnected')]);
  });
});

describe('on Node 20, which has no WebSocket', () => {
  test('two people send and receive with the WebSocket of the package ws', async () => {
    const outcome = await withServer(node20, typeScript, 'with-ws.mjs');
    expect(outcome).toEqual({ exitCode: 0, printed: talked, complaints: '' });
  });
});

describe('in a TypeScript project', () => {
  const compiler = workspaceFile('node_modules/typescript/bin/tsc');
  /** Without `skipLibCheck`, so that the declarations of the packages are checked too. */
  const compilerOptions = {
    target: 'es2023',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  };

  async function compile(files: string[], options: object): Promise<string> {
    const config = join(typeScript, `tsconfig-${Bun.hash(JSON.stringify(options))}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files }));
    return (await run([node22, compiler, '--project', config], typeScript)).printed;
  }

  const programs = ['typed-program.ts', 'example-0.ts', 'example-1.ts'];
  const resolutions = [
    { module: 'node16', moduleResolution: 'node16' },
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ];

  test.each(resolutions)('programs for Node compile with %o without browser types', async (resolution) => {
    expect(await compile(programs, { ...resolution, lib: ['es2023'], types: ['node'], noEmit: true })).toBe('');
  });

  test('pages compile without Node types', async () => {
    const options = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] };
    expect(await compile(['page.ts'], { ...options, noEmit: true })).toBe('');
  });

  test('programs compile with both types, and the compiled quick start runs', async () => {
    const options = { module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], outDir: 'made' };
    expect(await compile([...programs, 'page.ts'], options)).toBe('');
    const outcome = await withServer(node22, typeScript, 'made/example-0.js');
    expect(outcome).toEqual({ exitCode: 0, printed: 'on disk as number 2', complaints: '' });
  });
});

describeInBrowser('in a Vite project', () => {
  let project: string;
  beforeAll(async () => {
    project = await installation.project('vite', ['page.ts']);
    writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="./page.ts"></script>');
    writeFileSync(join(project, 'whole.ts'), "export * from '@parley/sdk';");
  }, setUpMs);

  test(
    'a page builds without a warning, signs up, sends, receives, and resumes after a reload',
    async () => {
      const program = join(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))), 'bin/vite.js');
      const built = await run([node22, program, 'build', '--logLevel', 'warn'], project);
      expect(built).toEqual({ exitCode: 0, printed: '', complaints: '' });
      const pages = Bun.serve({ port: 0, fetch: ({ url }) => pageAt(join(project, 'dist'), new URL(url).pathname) });
      const server = await RunningServer.start({ 'allowed-origins': pages.url.origin });
      const browser = await launchBrowser();
      const { page, faults } = await openWindow(browser);
      await page.goto(`${pages.url.origin}/?server=${encodeURIComponent(server.url)}`);
      await titled(page, 'signed up ana, received 2 of Kitchen', faults);
      await page.reload();
      await titled(page, 'resumed ana, received 3 of Kitchen', faults);
      expect(faults).toEqual([]);
      await browser.close();
      await server.stop();
      await pages.stop(true);
    },
    browserMs,
  );

  test(`the whole SDK is at most ${sizeMaxBytes.toLocaleString('en')} bytes gzipped`, async () => {
    const { outputs } = await Bun.build({ entrypoints: [join(project, 'whole.ts')], target: 'browser', minify: true });
    const bundle = (await outputs[0]?.text()) ?? '';
    const sizeBytes = Bun.gzipSync(bundle, { level: 9 }).length;
    console.log(`@parley/sdk as packed: ${sizeBytes.toLocaleString('en')} bytes gzipped`);
    expect(sizeBytes).toBeLessThanOrEqual(sizeMaxBytes);
  });
});
