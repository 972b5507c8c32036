import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GivenSettings, loadConfig } from '../../src/settings/settings.ts';

const password = 'hunter2-of-the-database';

function messageOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    return error instanceof Error ? `${error.message} ${error.stack} ${Bun.inspect(error)}` : String(error);
  }
  throw new Error('the setting was not refused');
}

const refused: GivenSettings[] = [
  { shape: 'cluster', postgres: `postgres://parley:${password}@db.example/x` },
  { shape: 'cluster', postgres: `main=postgres://parley:${password}@db.example:99999/x` },
  { shape: 'cluster', postgres: `a=postgres://p:${password}@h/x,a=postgres://p:${password}@i/x` },
  { shape: 'cluster', redis: `http://:${password}@redis.example` },
  { shape: 'cluster', redis: `redis://:${password}@h,redis://:${password}@i` },
  { postgres: `main=postgres://parley:${password}@db.example/x` },
  {
    ...{ shape: 'cluster', kafka: 'localhost:9092', redis: `redis://:${password}@redis.example` },
    postgres: `main=postgres://parley:${password}@localhost/x`,
  },
  { shape: 'cluster', 'kafka-sasl': 'MAGIC', 'kafka-password': password },
];

test.each(refused.map((given): [string, GivenSettings] => [JSON.stringify(given), given]))(
  'the message about refused settings has no password: %s',
  (_, given) => {
    expect(messageOf(() => loadConfig(given, {}))).not.toContain('hunter2');
  },
);

test('the message about an unreadable settings file has no part of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-settings-'));
  const file = join(folder, 'settings.json');
  try {
    for (const content of [
      `{"kafka-password": ${password}}`,
      `{"kafka-password": "${password}", }`,
      `["${password}"]`,
    ]) {
      writeFileSync(file, content);
      const message = messageOf(() => loadConfig({}, {}, file));
      expect(message).toContain(file);
      expect(message).not.toContain('hunter2');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
