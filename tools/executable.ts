// Makes dist/parley: one executable with the server, the administration commands and the chat.
import { join } from 'node:path';
import { bundleFile, ensureBundle } from '../packages/web/build/bundle.ts';

const root = join(import.meta.dir, '..');
const outfile = join(root, 'dist', process.platform === 'win32' ? 'parley.exe' : 'parley');

await ensureBundle();
const { success, logs } = await Bun.build({
  entrypoints: [join(root, 'packages/cli/src/main.ts')],
  compile: { outfile },
  minify: { syntax: true },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [
    {
      name: 'embed the web client',
      setup(build) {
        const contents = `import file from ${JSON.stringify(bundleFile)} with { type: 'file' };\nexport const bundleFile = file;`;
        build.onLoad({ filter: /gateway[\\/]web[\\/]bundle-file\.ts$/ }, () => ({ contents, loader: 'ts' }));
      },
    },
    {
      // Its default entry point reads WebAssembly from a file beside it; this one contains it.
      name: 'wasm-utils in one file',
      setup(build) {
        const bundled = join(root, 'node_modules/@platformatic/wasm-utils/dist/bundled.js');
        build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, () => ({ path: bundled }));
      },
    },
    {
      // Ink imports it for debugging Ink itself. It is not installed.
      name: 'without react-devtools-core',
      setup(build) {
        build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'absent' }));
        build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export default {};', loader: 'js' }));
      },
    },
  ],
});
for (const log of logs) console.error(log);
if (!success) process.exit(1);
console.log(`Built ${outfile}`);
