import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { BadSetting } from '../../src/settings/bad-setting.ts';
import { type GivenSettings, loadConfig, settings, variableOf } from '../../src/settings/settings.ts';
import { mutatedJson } from './mutation.ts';
import { fuzzed } from './parameters.ts';

const names = Object.keys(settings) as (keyof typeof settings)[];
const usual = [
  ...['', 'on', 'off', '0', '1', '-1', '1e3', ' 5', '999999999999', '9999999999999', '0.5', '.5', '1.5', 'embedded'],
  ...[
    'cluster',
    'gateway',
    'gateway,messaging',
    'a=postgres://u:p@h/d',
    'redis://h',
    'a=redis://h,b=redis://i',
    'h:9092',
  ],
  ...['a=postgres://u:p@h:99999/d', 'redis://[', 'a=redis://%', 'http://collector:4318', 'https://a.example', '::1'],
  ...['10.0.0.0/8', '10.0.0.0/99', '__proto__', '\0', '\ud800', 'PLAIN', 'x'.repeat(10_000)],
];
const text = fc.oneof(fc.constantFrom(...usual), fc.string({ unit: 'binary', maxLength: 30 }));
const given = fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 4 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether the settings are accepted. Fails if they are refused in another way than with a message about a setting. */
function isAccepted(load: () => unknown): boolean {
  try {
    load();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(BadSetting);
    expect(String(error)).toMatch(/--[a-z]|PARLEY_|"/);
    return false;
  }
}

test('any flags and variables are accepted or refused with the name of a setting', () => {
  const accepted = { true: 0, false: 0 };
  fc.assert(
    fc.property(given, given, (flags, inEnvironment) => {
      const environment = Object.fromEntries(
        Object.entries(inEnvironment).map(([name, value]) => [variableOf(name), value]),
      );
      accepted[`${isAccepted(() => loadConfig(flags as GivenSettings, environment))}`]++;
    }),
    fuzzed(1_000),
  );
  expect(Math.min(accepted.true, accepted.false)).toBeGreaterThan(20);
});

test('any settings file is accepted or refused with its name or that of a setting', () => {
  const file = join(folder, 'settings.json');
  fc.assert(
    fc.property(
      fc.oneof(
        mutatedJson(given),
        given.map((each) => JSON.stringify(each)),
        fc.json(),
      ),
      (content) => {
        writeFileSync(file, content);
        isAccepted(() => loadConfig({}, {}, file));
      },
    ),
    fuzzed(500),
  );
});
