import type { Plot } from './report/plot.ts';
import type { Shape } from './system/system.ts';

/** One line of a table: figures by column, whose names end in the unit. */
export type Row = Record<string, string | number>;

export interface Outcome {
  rows: Row[];
  /** Figures of Parley divided by those of a limit measured in the same run. */
  ratios: Record<string, number>;
  plots?: Plot[];
}

export interface ScenarioOption {
  default: string;
  help: string;
}

/** A benchmark that starts what it needs, checks the results, and stops what it started. */
export interface Scenario {
  name: string;
  summary: string;
  shapes: readonly Shape[];
  options: Record<string, ScenarioOption>;
  /** The options with which `all --quick` runs it. */
  quick: Record<string, string>;
  run(parameters: Parameters): Promise<Outcome>;
}

/** The options of a scenario: those that are given, and the defaults of the others. */
export function withDefaults(
  { options }: Scenario,
  shape: string,
  given: Readonly<Record<string, string>>,
): Parameters {
  return new Parameters({ shape, ...defaultsOf(options), ...given });
}

export function defaultsOf(options: Readonly<Record<string, ScenarioOption>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

/** The request is invalid; the message says what is allowed. */
export class BadRequest extends Error {}

/** The options of a scenario, checked where they are read. */
export class Parameters {
  constructor(readonly values: Readonly<Record<string, string>>) {}

  text(name: string): string {
    const value = this.values[name];
    if (value === undefined) throw new Error(`the scenario has no option ${name}`);
    return value;
  }

  number(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    return this.checked(name, this.text(name), least, most);
  }

  numbers(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number[] {
    return this.text(name)
      .split(',')
      .map((value) => this.checked(name, value, least, most));
  }

  isOn(name: string): boolean {
    const value = this.text(name);
    if (value !== 'on' && value !== 'off') throw new BadRequest(`--${name} must be "on" or "off", not "${value}"`);
    return value === 'on';
  }

  shape(): Shape {
    // The options of every scenario include its shapes, which are checked before.
    return this.text('shape') as Shape;
  }

  private checked(name: string, value: string, least: number, most: number): number {
    const number = Number(value);
    if (value !== '' && number >= least && number <= most) return number;
    throw new BadRequest(`--${name} must be a number from ${least} to ${most}, not "${value}"`);
  }
}
