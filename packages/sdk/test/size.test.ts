import { expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';

/**
 * 32 KiB before amendments: their intake, catch-up and outbox, and the rule by which they are shown at once. 37 KiB
 * before missed entries of many conversations were requested together: it saves a return after 1,000 missed entries in
 * 200 conversations most of its requests. 38 KiB before restores discarded unsent amendments and names that mix scripts
 * were marked (0.5 KiB), messages were marked as unread (1 KiB: the order of marks and read positions, the marks that
 * wait, and the count without own messages), and positions, entries and conversations were compared with what has changed
 * since they were read (0.5 KiB).
 */
const sizeMaxBytes = 40 * 1024;

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
