// `prepack` of a published package, run in its folder: makes the files that `npm pack` packs beside the sources.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from './workspace.mjs';

setUp({ tests: true });
// The compiler does not delete the output of deleted sources, which would be packed too.
rmSync('dist', { recursive: true, force: true });
copyFileSync(join(root, 'LICENSE'), 'LICENSE');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compilation = [compiler, '--build', 'tsconfig.package.json'];
const { status } = spawnSync(process.execPath, compilation, { stdio: ['ignore', 2, 2] });
process.exitCode = status ?? 1;
