// `npm run bench -- SCENARIO` and `npm run capacity`: see CONTRIBUTING.md.
import { join } from 'node:path';
import { withoutService } from '../packages/server/test/support/services.ts';
import { capacity } from './capacity/command.ts';
import { machineLine } from './measure/machine.ts';
import { parsed } from './options.ts';
import { jsonOf, resultOf } from './report/result.ts';
import { textTable } from './report/table.ts';
import { writeReport } from './report/write-report.ts';
import { BadRequest, Parameters, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all-scenarios.ts';
import type { Shape } from './system/system.ts';

const [request = 'list', ...given] = process.argv.slice(2);
try {
  if (request === 'list') list();
  else if (request === 'all') await runAll(given);
  else if (request === 'capacity') await capacity(given);
  else await runOne(scenarioNamed(request), given);
  process.exit(0);
} catch (error) {
  console.error(error instanceof BadRequest ? error.message : error);
  process.exit(error instanceof BadRequest ? 2 : 1);
}

function list(): void {
  for (const { name, summary, shapes, options } of scenarios) {
    console.log(`${name}: ${summary}`);
    console.log(`  --shape ${shapes.join(' or ')} (${shapes[0]})`);
    for (const [option, { default: value, help }] of Object.entries(options)) {
      console.log(`  --${option} ${help} (${value})`);
    }
  }
  console.log('all: Runs every scenario and writes docs/benchmarks.');
  console.log('  --quick takes less than ten minutes on a quiet machine; embedded, unless --shape says otherwise');
  console.log('  --shape embedded or cluster; both if the services are up');
  console.log('  --only names of scenarios, separated by commas');
  console.log('  --out the folder to write (docs/benchmarks)');
}

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (found) return found;
  throw new BadRequest(
    `there is no scenario ${name}; there are ${scenarios.map((each) => each.name).join(', ')}, all and list`,
  );
}

async function runOne(scenario: Scenario, options: readonly string[]): Promise<void> {
  const shape = { shape: { default: scenario.shapes[0] ?? 'embedded' } };
  const types = Object.entries({ ...shape, ...scenario.options }).map(([name, { default: value }]) => {
    return [name, { type: 'string' as const, default: value }] as const;
  });
  const parameters = new Parameters(parsed(options, Object.fromEntries(types)) as Record<string, string>);
  checkShape(parameters.shape(), scenario.shapes);
  console.log(`${scenario.name}: ${scenario.summary}`);
  console.log(machineLine());
  const result = await resultOf(scenario, parameters);
  console.log(textTable(result.rows));
  for (const [name, ratio] of Object.entries(result.ratios)) console.log(`× ${ratio.toFixed(2)} ${name}`);
  console.log(jsonOf(result));
}

async function runAll(options: readonly string[]): Promise<void> {
  const { quick, shape, only, out } = parsed(options, {
    quick: { type: 'boolean', default: false },
    shape: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dir, '../docs/benchmarks') },
  });
  const shapes: Shape[] = ['embedded'];
  if (shape !== undefined) checkShape(String(shape), ['embedded', 'cluster']);
  else if (missingService() !== null) console.log(`without the shape cluster: ${missingService()}`);
  else if (!quick) shapes.push('cluster');
  await writeReport({
    isQuick: quick === true,
    shapes: shape === undefined ? shapes : [String(shape) as Shape],
    only: only === undefined ? [] : String(only).split(','),
    folder: String(out),
  });
}

function checkShape(shape: string, allowed: readonly Shape[]): void {
  if (!allowed.some((each) => each === shape)) {
    throw new BadRequest(`--shape must be ${allowed.join(' or ')}, not "${shape}"`);
  }
  if (shape === 'cluster' && missingService() !== null) throw new BadRequest(`${missingService()}`);
}

/** Why there can be no cluster here; null if there can. */
function missingService(): string | null {
  return withoutService('postgres') ?? withoutService('kafka') ?? withoutService('redis');
}
