import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadSetting } from '../src/settings/bad-setting.ts';
import { loadConfig, settings } from '../src/settings/settings.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, `${Bun.randomUUIDv7()}.json`);
  writeFileSync(path, content);
  return path;
}

test('every setting has a default that is allowed', () => {
  const config = loadConfig({}, {});
  expect(Object.keys(config)).toEqual(Object.keys(settings));
  expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', data: 'data', signup: 'open', 'metrics-port': 'off' });
});

test('a flag goes before the environment, that before the file, that before the default', () => {
  const path = file('{"port": 1, "signup": "closed", "drain-ms": 7}');
  const config = loadConfig({ port: '3' }, { PARLEY_PORT: '2', PARLEY_SIGNUP: 'invitation' }, path);
  expect(config).toMatchObject({ port: 3, signup: 'invitation', 'drain-ms': 7 });
});

describe('a bad setting is refused, with its name, what it was, and what is allowed', () => {
  const bad: [string, () => unknown, string][] = [
    ['a flag', () => loadConfig({ port: '99999' }, {}), '--port: "99999" must be a whole number from 0 to 65535'],
    [
      'a variable',
      () => loadConfig({}, { PARLEY_SIGNUP: 'maybe' }),
      'PARLEY_SIGNUP: "maybe" must be one of: open, invitation, closed',
    ],
    ['an unknown variable', () => loadConfig({}, { PARLEY_PROT: '1' }), 'PARLEY_PROT is no setting'],
    ['an unknown key', () => loadConfig({}, {}, file('{"prot": 1}')), 'has "prot", which is no setting'],
    ['a file that is no JSON', () => loadConfig({}, {}, file('port=1')), 'can not be read as JSON'],
    ['a file that is a list', () => loadConfig({}, {}, file('[1]')), 'must hold one JSON object'],
    ['a file that is not there', () => loadConfig({}, {}, join(folder, 'nothing')), 'can not be read as JSON'],
    [
      'a proxy that is none',
      () => loadConfig({ 'trusted-proxies': '10.0.0.0/8,nonsense' }, {}),
      'must be addresses or networks',
    ],
    ['an empty folder', () => loadConfig({ data: '' }, {}), '--data: "" must not be empty'],
  ];
  for (const [name, load, message] of bad) {
    test(name, () => {
      expect(load).toThrow(BadSetting);
      expect(load).toThrow(message);
    });
  }
});
