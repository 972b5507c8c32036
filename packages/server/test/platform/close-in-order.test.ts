import { expect, test } from 'bun:test';
import { closeInOrder } from '../../src/platform/close-in-order.ts';

test('steps run one after the other, also after one that failed, and all failures are reported', async () => {
  const done: string[] = [];
  const step = (name: string, failure?: Error) => async () => {
    done.push(`${name} begins`);
    await Promise.resolve();
    done.push(`${name} ends`);
    if (failure) throw failure;
  };
  const first = new Error('the first failure');
  const second = new Error('the second failure');
  const thrown = () => {
    throw second;
  };
  const closing = closeInOrder(step('a'), step('b', first), thrown, step('c'));
  const failure = await closing.catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: 'the first failure; the second failure', errors: [first, second] });
  expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  await expect(closeInOrder(step('d'), thrown)).rejects.toBe(second);
  await closeInOrder(step('e'), () => undefined);
});
