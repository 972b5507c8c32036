// `npm run build`: one executable file in dist/ that serves, administers and chats with nothing else installed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bunFile, root, setUp } from './workspace.mjs';

setUp();
const file = join(root, 'dist', process.platform === 'win32' ? 'parley.exe' : 'parley');
const args = [
  'build',
  'packages/cli/src/main.ts',
  '--compile',
  '--minify-syntax',
  '--sourcemap=inline',
  '--outfile',
  file,
];
const { status } = spawnSync(bunFile(), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
if (status === 0) console.log(`Built ${file}`);
process.exitCode = status ?? 1;
