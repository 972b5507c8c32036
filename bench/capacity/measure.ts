import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopWorkers } from '../clients/worker.ts';
import { machineLine, versions } from '../measure/machine.ts';
import { resultOf } from '../report/result.ts';
import { BadRequest, type Row, withDefaults } from '../scenario.ts';
import { type Measurement, measurements } from './measurements.ts';
import { type Measured, type Origin, type UnitName, unitNames } from './units.ts';

const measuredFile = join(import.meta.dir, 'measured.json');

/**
 * Runs the measurements whose command contains `only`, and writes what each found: the figures of others stay.
 */
export async function measureUnits(only: string, report: (line: string) => void): Promise<void> {
  const chosen = measurements.filter((measurement) => commandOf(measurement).includes(only));
  if (chosen.length === 0) throw new BadRequest(`--only must be a part of a command that measures, not "${only}"`);
  const failures: string[] = [];
  for (const measurement of chosen) {
    const command = commandOf(measurement);
    report(command);
    const parameters = withDefaults(measurement.scenario, 'cluster', measurement.options);
    try {
      const { rows, ratios } = await resultOf(measurement.scenario, parameters);
      for (const [name, ratio] of Object.entries(ratios)) report(`× ${ratio.toFixed(2)} ${name}`);
      writeFigures(measurement, rows, originOf(command, rows));
    } catch (error) {
      failures.push(`${command}: ${error}`);
      stopWorkers();
    }
  }
  if (failures.length > 0) throw new Error(`not measured:\n${failures.join('\n')}`);
}

function writeFigures({ units, check, columns = [] }: Measurement, rows: readonly Row[], origin: Origin): void {
  const before = existsSync(measuredFile) ? readMeasured() : { units: {}, checks: {} };
  const measured = { units: { ...before.units }, checks: { ...before.checks } } as Measured;
  for (const [name, value] of Object.entries(units(rows)) as [UnitName, number][]) {
    measured.units[name] = { value: rounded(value), ...origin };
  }
  if (check !== undefined) measured.checks[check] = { rows: rows.map((row) => shown(row, columns)), ...origin };
  const known = unitNames.filter((name) => measured.units[name] !== undefined);
  measured.units = Object.fromEntries(known.map((name) => [name, measured.units[name]])) as Measured['units'];
  writeFileSync(measuredFile, `${JSON.stringify(measured, null, 2)}\n`);
}

export function readMeasured(): Measured {
  if (!existsSync(measuredFile)) throw new BadRequest('nothing is measured yet: `npm run capacity -- --measure`');
  // Written by this file.
  return JSON.parse(readFileSync(measuredFile, 'utf8')) as Measured;
}

function originOf(command: string, rows: readonly Row[]): Origin {
  const others = rows.flatMap((row) => row['others % of a core'] ?? []).map(Number);
  return {
    command,
    machine: machineLine(),
    date: new Date().toISOString().slice(0, 10),
    revision: versions()['revision'] ?? '',
    ...(others.length > 0 ? { othersPercent: Math.max(...others) } : {}),
  };
}

function shown(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(
    columns.map((column) => {
      const value = row[column] ?? Number.NaN;
      return [column, typeof value === 'number' ? rounded(value) : value];
    }),
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function commandOf({ scenario: { name, shapes }, options }: Measurement): string {
  const shape = shapes[0] === 'cluster' ? {} : { shape: 'cluster' };
  const given = Object.entries({ ...shape, ...options }).map(([option, value]) => ` --${option} ${value}`);
  return `npm run bench -- ${name}${given.join('')}`;
}
