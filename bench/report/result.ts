import { machine, versions } from '../measure/machine.ts';
import type { Outcome, Parameters, Scenario } from '../scenario.ts';

/** What a run of a scenario found, and all that is needed to repeat it. */
export interface Result extends Outcome {
  scenario: string;
  command: string;
  machine: ReturnType<typeof machine>;
  versions: ReturnType<typeof versions>;
  parameters: Readonly<Record<string, string>>;
}

/** Runs a scenario. */
export async function resultOf({ name, run }: Scenario, parameters: Parameters): Promise<Result> {
  const outcome = await run(parameters);
  const { values } = parameters;
  const options = Object.entries(values).map(([option, value]) => {
    return ` --${option} ${value.includes(' ') ? `"${value}"` : value}`;
  });
  const command = `npm run bench -- ${name}${options.join('')}`;
  return { scenario: name, command, machine: machine(), versions: versions(), parameters: values, ...outcome };
}

/** The JSON object of a run, which is its last line. */
export function jsonOf({ rows, plots: _, ...result }: Result): string {
  return JSON.stringify({ ...result, figures: rows });
}
