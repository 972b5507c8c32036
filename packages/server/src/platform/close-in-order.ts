/**
 * Runs the steps one after the other, also after one that failed, so that a failure leaves nothing open. Rejects with
 * the failure, or with an AggregateError when there are several.
 */
export async function closeInOrder(...steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(textOf).join('; '));
}

function textOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
