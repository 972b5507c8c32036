// `npm run fuzz`: runs the fuzz tests with other seeds and more cases than `npm test` does, until the time is over or a
// case fails.
//   -- --seconds N  starts no further round after this time; 60 by default
//   -- --seed S     the seed of the first round; the next rounds use the numbers after it; by default a random one
//   -- PATH …       runs only the fuzz tests of these paths
// A failure prints the shrunk case and the seed, with which `--seed` repeats it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { bunFile, root, setUp } from './workspace.mjs';

/** How many times more cases than in `npm test`, so that starting the tests takes a small part of a round. */
const factor = 5;
const testTimeoutMs = 400_000;
const usualPaths = ['packages/server/test/fuzz', 'packages/server/test/e2e/fuzz.test.ts', 'packages/sdk/test/fuzz'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const seconds = whole('--seconds', values.seconds, 1);
const first = whole('--seed', values.seed, 0);
setUp({ tests: true });

const endMs = performance.now() + seconds * 1_000;
let rounds = 0;
do {
  const seed = first + rounds;
  console.log(`— seed ${seed}`);
  const paths = positionals.length > 0 ? positionals : usualPaths;
  const { status } = spawnSync(bunFile(), ['test', `--timeout=${testTimeoutMs}`, ...paths], {
    cwd: root,
    env: { ...process.env, PARLEY_FUZZ_SEED: String(seed), PARLEY_FUZZ_FACTOR: String(factor) },
    stdio: 'inherit',
  });
  rounds++;
  if (status !== 0) {
    const again = ['npm run fuzz --', ...positionals, `--seed ${seed} --seconds 1`].join(' ');
    console.log(`failed with seed ${seed}: \`${again}\` repeats it`);
    process.exit(1);
  }
} while (performance.now() < endMs);
console.log(`${rounds} rounds passed, seeds ${first} to ${first + rounds - 1}`);

function whole(name, text, min) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= min && /^\d+$/.test(text)) return number;
  console.error(`${name} takes a whole number of at least ${min}, and not ${text}.`);
  process.exit(2);
}
