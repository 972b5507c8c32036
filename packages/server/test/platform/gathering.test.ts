import { describe, expect, test } from 'bun:test';
import { Gathering } from '../../src/platform/gathering.ts';
import { SharedCalls } from '../../src/platform/shared-calls.ts';

/** Records what is handled, and lets a test end each call. */
function told() {
  const handled: number[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const handle = (items: number[]) => {
    handled.push(items);
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  };
  return { handled, ends, handle };
}

describe('gathering', () => {
  test('an item added while nothing is handled is handled at once', () => {
    const { handled, handle } = told();
    new Gathering({ handle }).add([1, 2]);
    expect(handled).toEqual([[1, 2]]);
  });

  test('items added meanwhile are handled together, in order, after the current call', async () => {
    const { handled, ends, handle } = told();
    const gathering = new Gathering({ handle });
    for (const item of [1, 2, 3]) gathering.add([item]);
    expect({ handled, waiting: gathering.size }).toEqual({ handled: [[1]], waiting: 2 });
    ends[0]?.resolve();
    await ends[0]?.promise;
    await Promise.resolve();
    expect({ handled, waiting: gathering.size }).toEqual({ handled: [[1], [2, 3]], waiting: 0 });
  });

  test('is idle when all is handled, and works again after that', async () => {
    const handled: number[][] = [];
    const gathering = new Gathering<number>({ handle: (items) => void handled.push(items) });
    gathering.add([1]);
    gathering.add([2]);
    await gathering.idle();
    expect(handled).toEqual([[1], [2]]);
    gathering.add([3]);
    await gathering.idle();
    expect(handled).toEqual([[1], [2], [3]]);
  });

  test('items added by the handler are handled after it, in order, one call at a time', async () => {
    const events: string[] = [];
    const gathering = new Gathering<number>({
      async handle(items) {
        events.push(`begin ${items}`);
        if (items.includes(1)) for (const item of [2, 3]) gathering.add([item]);
        await Promise.resolve();
        events.push(`end ${items}`);
      },
    });
    gathering.add([1]);
    gathering.add([4]);
    await gathering.idle();
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2,3,4', 'end 2,3,4']);
  });

  test('adding nothing calls nothing', async () => {
    const { handled, handle } = told();
    const gathering = new Gathering({ handle });
    gathering.add([]);
    await gathering.idle();
    expect(handled).toEqual([]);
  });

  test('cleared items are not handled', async () => {
    const { handled, ends, handle } = told();
    const gathering = new Gathering({ handle });
    gathering.add([1]);
    gathering.add([2]);
    expect(gathering.clear()).toEqual([2]);
    ends[0]?.resolve();
    await gathering.idle();
    expect(handled).toEqual([[1]]);
  });

  test('handles the given number of items together, after its start condition', async () => {
    const handled: number[][] = [];
    const begin = Promise.withResolvers<void>();
    const gathering = new Gathering<number>({
      handle: (items) => void handled.push(items),
      next: () => 2,
      begin: () => begin.promise,
    });
    for (const item of [1, 2, 3]) gathering.add([item]);
    expect(handled).toEqual([]);
    begin.resolve();
    await gathering.idle();
    expect(handled).toEqual([[1, 2], [3]]);
  });
});

describe('shared calls', () => {
  test('each resolves when its own call was carried out', async () => {
    const { handled, ends, handle } = told();
    const calls = new SharedCalls<number>({ run: handle });
    const settled: number[] = [];
    const all = [1, 2, 3].map((argument) => calls.call(argument).then(() => settled.push(argument)));
    ends[0]?.resolve();
    await all[0];
    expect({ settled, handled }).toEqual({ settled: [1], handled: [[1], [2, 3]] });
    ends[1]?.resolve();
    await Promise.all(all);
    expect(settled).toEqual([1, 2, 3]);
  });

  test('a failure rejects the calls that were carried out together, and later ones are carried out', async () => {
    const { handled, ends, handle } = told();
    const calls = new SharedCalls<number>({ run: handle });
    const [first, second] = [calls.call(1), calls.call(2)];
    ends[0]?.reject(new Error('refused'));
    await expect(first).rejects.toThrow('refused');
    ends[1]?.resolve();
    await second;
    expect(handled).toEqual([[1], [2]]);
  });

  test('a failure also rejects the waiting calls, if so configured', async () => {
    const { handled, ends, handle } = told();
    const calls = new SharedCalls<number>({ run: handle, failsWaiting: true });
    const outcomes = Promise.allSettled([calls.call(1), calls.call(2), calls.call(3)]);
    ends[0]?.reject(new Error('refused'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect({ handled, waiting: calls.size }).toEqual({ handled: [[1]], waiting: 0 });
  });
});
