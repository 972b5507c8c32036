// Makes dist/parley: one executable with the server, the administration commands and the chat.
import { join } from 'node:path';
import { bundleFile, ensureBundle } from '../packages/web/build/bundle.ts';
import { entrypoints, packagePlugins, root, webClientPlugin } from './parley-bundle.ts';

const outfile = join(root, 'dist', process.platform === 'win32' ? 'parley.exe' : 'parley');
const embedded = `import file from ${JSON.stringify(bundleFile)} with { type: 'file' };\nexport const bundleFile = file;`;

await ensureBundle();
const { success, logs } = await Bun.build({
  entrypoints,
  compile: { outfile },
  minify: { syntax: true },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [...packagePlugins, webClientPlugin(embedded)],
});
for (const log of logs) console.error(log);
if (!success) process.exit(1);
console.log(`Built ${outfile}`);
