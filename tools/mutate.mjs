// `npm run mutate`: breaks the product in named ways, one at a time, and shows which test catches each.
//   -- list                 prints the mutations
//   -- --only NAME …        runs these
//   -- --touched[=REVISION] runs those whose source, test or list differs from the last commit or that revision
//   -- --within SECONDS     starts no further mutation after this time
//   -- --write              writes the table of docs/TESTING.md; only with all mutations
// Everything happens in a copy of the working tree. It exits with 1 if a mutation was not caught.
import { parseArgs } from 'node:util';
import { copyTree } from './mutations/copy.mjs';
import { mutations } from './mutations/list.mjs';
import { summary, tableRow, writeTable } from './mutations/table.mjs';
import { touched } from './mutations/touched.mjs';
import { baselineFault, mutate, runTests, verdict } from './mutations/trial.mjs';
import { setUp, untilExit } from './workspace.mjs';

const { values, positionals } = parseArgs({
  // `--touched` alone means the last commit.
  args: process.argv.slice(2).map((argument) => (argument === '--touched' ? '--touched=HEAD' : argument)),
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    touched: { type: 'string' },
    within: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
if (positionals[0] === 'list') list();
else await run(selected());

function list() {
  for (const { name, breaks } of mutations) console.log(`${name.padEnd(34)} ${breaks}`);
  console.log(`${mutations.length} mutations`);
}

function selected() {
  const { only, touched: revision, write } = values;
  const unknown = (only ?? []).find((name) => !mutations.some((mutation) => mutation.name === name));
  if (unknown !== undefined) refuse(`There is no mutation ${unknown}: \`npm run mutate -- list\` prints them.`);
  if (positionals.length > 0) refuse('The only word is `list`; see tools/mutate.mjs for the options.');
  if (write && (only || revision !== undefined)) refuse('--write needs the results of all mutations.');
  if (values.within !== undefined && !(Number(values.within) > 0)) refuse('--within takes a number of seconds.');
  if (only) return mutations.filter(({ name }) => only.includes(name));
  return revision === undefined ? mutations : touched(mutations, revision);
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}

async function run(chosen) {
  setUp({ tests: true });
  const startedMs = performance.now();
  const folder = copyTree();
  const isOver = () => performance.now() - startedMs > Number(values.within ?? Number.POSITIVE_INFINITY) * 1_000;
  const results = [];
  for (const test of new Set(chosen.map((mutation) => mutation.test))) {
    if (isOver()) break;
    const ofTest = chosen.filter((mutation) => mutation.test === test);
    const titles = [...new Set(ofTest.map(({ title }) => title))];
    const baseline = baselineFault(await runTests(folder, test, titles, untilExit), titles);
    for (const mutation of ofTest) {
      if (isOver()) break;
      const result = baseline === null ? await tried(folder, mutation) : { fault: baseline, seconds: 0 };
      results.push({ mutation, ...result });
      console.log(tableRow({ mutation, ...result }));
    }
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const notCaught = results.filter(({ caughtBy }) => caughtBy === undefined);
  for (const { mutation, fault } of notCaught) console.log(`not caught: ${mutation.name}: ${fault}`);
  const notRun = chosen.length - results.length;
  if (notRun > 0) console.log(`${notRun} mutations were not run within ${values.within} s`);
  console.log(summary(results, { seconds, notRun }));
  if (values.write && notCaught.length === 0 && notRun === 0) writeTable(results, seconds);
  process.exitCode = notCaught.length > 0 ? 1 : 0;
}

async function tried(folder, mutation) {
  const startedMs = performance.now();
  const undo = mutate(folder, mutation);
  const cases = await runTests(folder, mutation.test, [mutation.title], untilExit).finally(undo);
  return { ...verdict(cases, mutation.title), seconds: (performance.now() - startedMs) / 1_000 };
}
