/** How long a test waits for a condition before it fails. `npm run mutate` sets it lower, because its tests must fail. */
export const patienceMs = Number(process.env['PARLEY_TEST_PATIENCE_MS'] ?? 60_000);
