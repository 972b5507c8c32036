import { expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';

const sizeMaxBytes = 32 * 1024;

test(`the whole SDK for a browser is at most ${sizeMaxBytes.toLocaleString('en')} bytes, minified and gzipped`, async () => {
  const entrypoint = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const { outputs } = await Bun.build({ entrypoints: [entrypoint], target: 'browser', minify: true });
  expect(outputs).toHaveLength(1);
  const bundle = (await outputs[0]?.text()) ?? '';
  const sizeBytes = Bun.gzipSync(bundle, { level: 9 }).length;
  console.log(`@parley/sdk: ${sizeBytes.toLocaleString('en')} bytes gzipped`);
  expect(sizeBytes).toBeLessThanOrEqual(sizeMaxBytes);
  // The bundle does not contain texts that only the server uses.
  expect(bundle).not.toContain('Make another member owner first');
});
