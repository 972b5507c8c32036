// `npm start`, `npm run chat`, `npm run parley`: sets up what is missing, then runs `parley` with the arguments.
import { join } from 'node:path';
import { become, bunFile, root, setUp } from './workspace.mjs';

setUp();
become(bunFile(), [join(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)]);
