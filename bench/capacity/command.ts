// `npm run capacity`: the machines for a load, from measured units.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsed } from '../options.ts';
import { BadRequest, defaultsOf, Parameters } from '../scenario.ts';
import { type Capacity, capacityOf } from './capacity.ts';
import { documentOf, textOf } from './document.ts';
import { loadOf, loadOptions } from './load.ts';
import { measureUnits, readMeasured } from './measure.ts';
import { type Measured, valuesOf } from './units.ts';

export const documentFile = join(import.meta.dir, '../../docs/CAPACITY.md');

/** Prints the capacity for the given load, or measures the units, or writes docs/CAPACITY.md for the load of the options. */
export async function capacity(given: readonly string[]): Promise<void> {
  const texts = Object.entries(loadOptions).map(([name, { default: value }]) => {
    return [name, { type: 'string' as const, default: value }] as const;
  });
  const flag = { type: 'boolean', default: false } as const;
  const flags = { measure: flag, write: flag, help: flag, only: { type: 'string' } } as const;
  const { measure, only, write, help, ...values } = parsed(given, { ...Object.fromEntries(texts), ...flags });
  if (help === true) return printHelp();
  const load = loadOf(new Parameters(values as Record<string, string>));
  const changed = Object.entries(loadOptions).find(([name, { default: value }]) => values[name] !== value);
  if (write === true && changed)
    throw new BadRequest(`--write writes the document for the defaults: omit --${changed[0]}`);
  if (only !== undefined && measure !== true) throw new BadRequest('--only belongs to --measure');
  if (measure === true) await measureUnits(String(only ?? ''), console.log);
  const measured = readMeasured();
  if (write === true) writeFileSync(documentFile, documentOf(measured, documentedCapacity(measured)));
  else console.log(textOf(measured, capacityOf(valuesOf(measured), load)));
}

/** The capacity for the load of the options' defaults, which the document describes. */
export function documentedCapacity(measured: Measured): Capacity {
  return capacityOf(valuesOf(measured), loadOf(new Parameters(defaultsOf(loadOptions))));
}

function printHelp(): void {
  console.log('Computes machines, disks, networks and their price for a load.');
  for (const [name, { default: value, help }] of Object.entries(loadOptions))
    console.log(`  --${name} ${help} (${value})`);
  console.log('  --measure measures the units again, on this machine, for about a quarter of an hour');
  console.log('  --only with --measure: a part of the commands that are run again, such as idle');
  console.log('  --write writes docs/CAPACITY.md');
}
