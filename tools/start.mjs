// `npm start`, `npm run chat`, `npm run parley`: installs missing packages, builds the web client for `serve`, then runs
// `parley` with the arguments.
import { join } from 'node:path';
import { become, buildWebClient, bunFile, root, setUp } from './workspace.mjs';

setUp();
if (process.argv[2] === 'serve' && !buildWebClient()) process.exit(1);
become(bunFile(), [join(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)]);
