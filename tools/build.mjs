// `npm run build`: installs missing packages, then makes one executable file in dist/.
import { join } from 'node:path';
import { become, bunFile, root, setUp } from './workspace.mjs';

setUp();
become(bunFile(), [join(root, 'tools/executable.ts')]);
