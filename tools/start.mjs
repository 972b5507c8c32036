// `npm start`, `npm run chat`, `npm run parley`: sets up what is missing (for `serve` the web client's bundle too), then runs `parley` with the arguments.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { become, bunFile, root, setUp } from './workspace.mjs';

setUp();
const bun = bunFile();
if (process.argv[2] === 'serve') {
  const built = spawnSync(bun, [join(root, 'packages/web/build/run.ts')], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) process.exit(1);
}
become(bun, [join(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)]);
