// `npm run pictures`: installs missing packages, then makes the pictures of docs/pictures in a real browser.
import { join } from 'node:path';
import { become, bunFile, root, setUp } from './workspace.mjs';

setUp({ tests: true });
become(bunFile(), [join(root, 'packages/web/pictures/make.ts'), ...process.argv.slice(2)]);
