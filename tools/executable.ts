// Makes dist/parley: one file that serves, administers and chats with nothing else installed.
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
      name: 'the web client inside',
      setup(build) {
        const contents = `import file from ${JSON.stringify(bundleFile)} with { type: 'file' };\nexport const bundleFile = file;`;
        build.onLoad({ filter: /gateway[\\/]web[\\/]bundle-file\.ts$/ }, () => ({ contents, loader: 'ts' }));
      },
    },
    {
      // The form of it that carries its WebAssembly within: the other reads it from a file beside itself.
      name: 'wasm-utils in one file',
      setup(build) {
        const bundled = join(root, 'node_modules/@platformatic/wasm-utils/dist/bundled.js');
        build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, () => ({ path: bundled }));
      },
    },
    {
      // What ink loads for those who debug ink, which is not among our packages.
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
