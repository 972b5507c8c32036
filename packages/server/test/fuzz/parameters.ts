/** The seed of the runs in CI, which repeats the same cases; `npm run fuzz` passes others. */
const usualSeed = 18;

/** The parameters of a property: `runs` cases, or as many times more as `npm run fuzz` asks for. */
export function fuzzed(runs: number): { seed: number; numRuns: number } {
  const seed = Number(process.env['PARLEY_FUZZ_SEED'] ?? usualSeed);
  const factor = Number(process.env['PARLEY_FUZZ_FACTOR'] ?? 1);
  return { seed, numRuns: Math.ceil(runs * factor) };
}
