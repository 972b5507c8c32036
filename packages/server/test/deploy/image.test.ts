import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/settings/settings.ts';
import { deployedText, imageEnvironment, processPort } from './deployed-files.ts';

const ofRoot = (file: string) => readFileSync(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)), 'utf8');
const dockerfile = deployedText('Dockerfile');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

test('the image contains the built program and no sources', () => {
  const { scripts } = JSON.parse(ofRoot('package.json')) as { scripts: Record<string, string> };
  const built = [...dockerfile.matchAll(/^RUN npm run (\S+)$/gm)].map(([, script = '']) => scripts[script]);
  expect(built).toEqual(['node tools/build.mjs']);
  const copied = [...lastStage.matchAll(/^COPY (.*)$/gm)].map(([, what]) => what);
  expect(copied).toEqual(['--from=build /parley/dist/parley /usr/local/bin/parley']);
  expect(lastStage).toContain('\nENTRYPOINT ["parley"]\nCMD ["serve"]\n');
});

test('the program does not run as root, listens on all addresses, and keeps its data in the volume', () => {
  const user = /^USER (\d+)$/m.exec(lastStage)?.[1];
  expect(Number(user)).toBeGreaterThanOrEqual(10_000);
  expect(lastStage).toContain(`--uid ${user} `);
  const config = loadConfig({}, imageEnvironment());
  expect(config).toMatchObject({ host: '0.0.0.0', port: processPort, data: '/data' });
  expect(lastStage).toContain(`\nVOLUME ${config.data}\nEXPOSE ${config.port}\n`);
});

test('secrets and large folders are not in the build context', () => {
  const left = deployedText('Dockerfile.dockerignore').split('\n');
  expect(left).toContainValues(['.git', '**/node_modules', '**/dist', '**/data', 'deploy/.env', 'deploy/certificates']);
});
