// `npm run packages`: installs missing packages, then makes the npm packages of protocol and SDK in dist/packages.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root, setUp } from './workspace.mjs';

const folder = join(root, 'dist', 'packages');

setUp({ tests: true });
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const workspaces = ['@parley/protocol', '@parley/sdk'].flatMap((name) => ['--workspace', name]);
// .npmrc disables `prepack` too, without which the packages would have no code.
npm('pack', '--ignore-scripts=false', ...workspaces, '--pack-destination', folder, '--loglevel=error');
for (const name of readdirSync(folder)) console.log(`Built ${join(folder, name)}`);
