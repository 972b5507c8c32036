// `npm run bench -- SCENARIO`: installs missing packages, then runs a benchmark. `-- list` explains the scenarios.
import { join } from 'node:path';
import { become, bunFile, root, setUp } from './workspace.mjs';

setUp({ tests: true });
become(bunFile(), [join(root, 'bench/main.ts'), ...process.argv.slice(2)]);
