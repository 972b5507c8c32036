// `npm run bench -- SCENARIO`: see CONTRIBUTING.md.
import { parseArgs } from 'node:util';
import { machine, versions } from './measure/machine.ts';
import { textTable } from './report/table.ts';
import { BadRequest, type Outcome, Parameters, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all-scenarios.ts';

const [request, ...given] = process.argv.slice(2);
try {
  if (request === undefined || request === 'list') list();
  else await report(scenarioNamed(request), given);
  process.exit(0);
} catch (error) {
  console.error(error instanceof BadRequest ? error.message : error);
  process.exit(error instanceof BadRequest ? 2 : 1);
}

function list(): void {
  for (const { name, summary, shapes, options } of scenarios) {
    console.log(`${name}: ${summary}`);
    console.log(`  --shape ${shapes.join(' or ')}`);
    for (const [option, { default: value, help }] of Object.entries(options)) {
      console.log(`  --${option} ${help} (${value})`);
    }
  }
}

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (found) return found;
  throw new BadRequest(`there is no scenario ${name}; there are ${scenarios.map((each) => each.name).join(', ')}`);
}

async function report(scenario: Scenario, options: readonly string[]): Promise<void> {
  const parameters = parametersOf(scenario, options);
  const { cores, processor, kernel } = machine();
  console.log(`${scenario.name}: ${scenario.summary}`);
  console.log(`${cores} × ${processor}, Linux ${kernel}, Bun ${Bun.version}, clients on the same machine`);
  const outcome = await scenario.run(parameters);
  console.log(textTable(outcome.rows));
  for (const [name, ratio] of Object.entries(outcome.ratios)) console.log(`× ${ratio.toFixed(2)} ${name}`);
  console.log(JSON.stringify(result(scenario, parameters, outcome)));
}

function result(scenario: Scenario, { values }: Parameters, { rows, ratios }: Outcome) {
  const setup = { machine: machine(), versions: versions(), parameters: values };
  return { scenario: scenario.name, ...setup, figures: rows, ratios };
}

function parametersOf({ options, shapes }: Scenario, given: readonly string[]): Parameters {
  const all = { shape: { default: shapes[0] ?? 'embedded' }, ...options };
  const types = Object.fromEntries(
    Object.entries(all).map(([name, { default: value }]) => [name, { type: 'string' as const, default: value }]),
  );
  try {
    const { values } = parseArgs({ args: [...given], options: types });
    const parameters = new Parameters(values as Record<string, string>);
    if (!shapes.includes(parameters.shape())) {
      throw new BadRequest(`--shape must be ${shapes.join(' or ')}, not "${parameters.shape()}"`);
    }
    return parameters;
  } catch (error) {
    if (error instanceof TypeError) throw new BadRequest(error.message);
    throw error;
  }
}
