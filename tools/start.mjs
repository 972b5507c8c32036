// `npm start`, `npm run chat`, `npm run parley`: sets up what is missing (for `serve` the web client's bundle too), then
// runs `parley` with the arguments.
import { join } from 'node:path';
import { become, buildWebClient, bunFile, root, setUp } from './workspace.mjs';

setUp();
if (process.argv[2] === 'serve') buildWebClient();
become(bunFile(), [join(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)]);
