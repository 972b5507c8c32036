// `npm run simulate`: runs the cluster in one process under a simulated clock, network and services. See docs/TESTING.md.
//   --seed N          runs one seed, and prints its trace hash; --trace FILE and --recording FILE write what happened
//   --runs N          runs N seeds, from --from on, or from a number made of the time
//   --seconds N       runs seeds for this time
//   --no-shrink       prints a failure as it is
// It exits with 1 if a run failed.
import { createWriteStream, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Plan, planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { type RunResult, simulate } from './simulation.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ seed: text, runs: text, from: text, seconds: text, trace: text, recording: text },
    'no-shrink': { type: 'boolean', default: false },
  },
});

if (values.seed !== undefined) await replay(whole('seed', values.seed));
else await search();

/** Runs one seed and prints what it shows. */
async function replay(seed: number): Promise<void> {
  const plan = planOf(seed);
  const trace = values.trace === undefined ? null : createWriteStream(values.trace);
  const result = await simulate(plan, trace ? { trace: (line) => void trace.write(`${line}\n`) } : {});
  trace?.end();
  if (values.recording !== undefined) writeFileSync(values.recording, `${result.recording.join('\n')}\n`);
  console.log(describe(plan, result));
  if (result.failures.length > 0) await fail(plan, result);
}

async function search(): Promise<void> {
  const startedMs = performance.now();
  const runs = whole('runs', values.runs ?? (values.seconds === undefined ? '100' : '1000000'));
  const first = values.from === undefined ? Math.floor(Date.now() / 1_000) * 1_000 : whole('from', values.from);
  const withinMs = 1_000 * whole('seconds', values.seconds ?? '1000000');
  let done = 0;
  let events = 0;
  for (; done < runs && performance.now() - startedMs < withinMs; done++) {
    const plan = planOf(first + done);
    const result = await simulate(plan);
    events += result.events;
    if (result.failures.length === 0) continue;
    console.log(`run ${done + 1} failed: ${describe(plan, result)}`);
    await fail(plan, result);
    return;
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  console.log(`${done} runs from seed ${first}, ${events} events, ${seconds} s: none failed`);
}

function describe({ seed, faults, operations }: Plan, { hash, events, simulatedMs }: RunResult): string {
  const size = `${faults.length} faults, ${operations.length} operations, ${events} events`;
  return `seed ${seed}, trace ${hash}: ${size}, ${(simulatedMs / 1_000).toFixed(1)} s of simulated time`;
}

async function fail(plan: Plan, result: RunResult): Promise<void> {
  process.exitCode = 1;
  console.log(result.failures.join('\n'));
  console.log(`npm run simulate -- --seed ${plan.seed}`);
  if (values['no-shrink']) return;
  const kind = kindOf(result);
  const smallest = await shrink(plan, async (smaller) => kindOf(await simulate(smaller)) === kind);
  console.log(`The smallest part of it that fails in the same way: ${JSON.stringify(smallest, null, 1)}`);
  console.log((await simulate(smallest)).failures.join('\n'));
}

/** What a failure is about, without the ids and numbers of one run. */
function kindOf({ failures }: RunResult): string {
  return (failures[0] ?? '').split('\n')[0]?.split(':')[0] ?? '';
}

function whole(name: string, given: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  console.error(`--${name} takes a whole number, not ${JSON.stringify(given)}.`);
  process.exit(2);
}
