// `npm run simulate`: runs the cluster in one process under a simulated clock, network and services; see the options in
// packages/server/test/simulator/main.ts.
//   -- --mutation NAME … [--runs N]  runs seeds against mutations of `npm run mutate`, and prints how many runs each took
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { copyTree } from './mutations/copy.mjs';
import { mutations } from './mutations/list.mjs';
import { mutate } from './mutations/trial.mjs';
import { become, bunFile, root, setUp, untilExit } from './workspace.mjs';

const program = 'packages/server/test/simulator/main.ts';
const given = process.argv.slice(2);

setUp({ tests: true });
if (given.some((argument) => argument.startsWith('--mutation'))) await simulateMutations();
else become(bunFile(), [join(root, program), ...given]);

async function simulateMutations() {
  const { values } = parseArgs({
    args: given,
    options: { mutation: { type: 'string', multiple: true }, runs: { type: 'string', default: '200' } },
  });
  const folder = copyTree();
  for (const name of values.mutation ?? []) {
    const mutation = mutations.find((each) => each.name === name);
    if (!mutation) {
      console.error(`There is no mutation ${name}: \`npm run mutate -- list\` prints them.`);
      process.exit(2);
    }
    const undo = mutate(folder, mutation);
    const args = [program, '--runs', values.runs, '--from', '1', '--no-shrink'];
    const options = { cwd: folder, maxBuffer: 2 ** 28, signal: untilExit };
    // It exits with status 1 if a run failed.
    const ended = await promisify(execFile)(bunFile(), args, options).catch((error) => error);
    undo();
    console.log(`| \`${name}\` | ${found(ended)} |`);
  }
}

/** The number of runs until the failure, and what failed. Throws if the simulation did not come to a result. */
function found({ stdout, stderr }) {
  const [, runs, reason] = /^run (\d+) failed.*\n(.*)/m.exec(stdout) ?? [];
  if (runs !== undefined) return `${runs} | ${reason.slice(0, 160)}`;
  if (stdout.includes(': none failed')) return `not found in ${stdout.trim()}`;
  throw new Error(`the simulation ended without a result: ${stdout}${stderr}`);
}
