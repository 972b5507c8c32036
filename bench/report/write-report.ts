import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopWorkers } from '../clients/worker.ts';
import { BadRequest, type Scenario, withDefaults } from '../scenario.ts';
import { scenarios } from '../scenarios/all-scenarios.ts';
import type { Shape } from '../system/system.ts';
import { fileOf, reportOf } from './markdown.ts';
import { jsonOf, type Result, resultOf } from './result.ts';
import { svgOf } from './svg.ts';
import { textTable } from './table.ts';

export interface ReportOptions {
  isQuick: boolean;
  shapes: readonly Shape[];
  /** Names of scenarios; all if empty. */
  only: readonly string[];
  folder: string;
}

/** Runs the scenarios and writes the report. Throws at the end if a scenario failed. */
export async function writeReport({ isQuick, shapes, only, folder }: ReportOptions): Promise<void> {
  const unknown = only.find((name) => !scenarios.some((each) => each.name === name));
  if (unknown !== undefined) throw new BadRequest(`there is no scenario ${unknown}`);
  const results: { scenario: Scenario; result: Result }[] = [];
  const failures: string[] = [];
  const chosen = scenarios.filter(({ name }) => only.length === 0 || only.includes(name));
  for (const scenario of chosen) {
    for (const shape of shapes.filter((each) => scenario.shapes.includes(each))) {
      console.log(`${scenario.name}, ${shape}: ${scenario.summary}`);
      try {
        const result = await resultOf(scenario, withDefaults(scenario, shape, isQuick ? scenario.quick : {}));
        results.push({ scenario, result });
        console.log(`${textTable(result.rows)}\n${jsonOf(result)}`);
      } catch (error) {
        failures.push(`${scenario.name}, ${shape}: ${error}`);
        console.error(failures.at(-1));
        stopWorkers();
      }
    }
  }
  if (results.length > 0) {
    mkdirSync(folder, { recursive: true });
    const command = `npm run bench -- all${isQuick ? ' --quick' : ''}`;
    writeFileSync(join(folder, 'README.md'), reportOf(command, results));
    for (const { result } of results) {
      for (const plot of result.plots ?? []) {
        writeFileSync(join(folder, fileOf(result.parameters['shape'] ?? '', plot.name)), svgOf(plot));
      }
    }
  }
  if (failures.length > 0) throw new Error(`failed:\n${failures.join('\n')}`);
}
