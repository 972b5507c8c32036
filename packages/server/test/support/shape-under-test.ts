/** The shape that the end-to-end tests run against; `PARLEY_TEST_SHAPE=cluster` needs the real services. */
export const shapeUnderTest: 'embedded' | 'cluster' = shapeOf(process.env['PARLEY_TEST_SHAPE']);

function shapeOf(given: string | undefined): 'embedded' | 'cluster' {
  if (given === undefined || given === 'embedded') return 'embedded';
  if (given === 'cluster') return 'cluster';
  throw new Error(`PARLEY_TEST_SHAPE is "embedded" or "cluster", and not ${JSON.stringify(given)}`);
}
