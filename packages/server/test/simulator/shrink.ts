import type { Plan } from './plan.ts';

/** Runs of one shrinking at most: each costs as much as the run that failed. */
const runsMax = 150;

/**
 * Leaves out faults and operations while the run still fails: halves first, then smaller parts, then single ones. What
 * remains is smallest in that no single fault or operation can be left out, unless the limit of runs was reached.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let runs = 0;
  const stillFails = async (smaller: Plan) => runs++ < runsMax && (await fails(smaller));
  let smallest = plan;
  const plain = { ...plan, plainNetwork: true };
  if (!plan.plainNetwork && (await stillFails(plain))) smallest = plain;
  const faults = await smallestPart(smallest.faults, (part) => stillFails({ ...smallest, faults: part }));
  smallest = { ...smallest, faults };
  const operations = await smallestPart(smallest.operations, (part) => stillFails({ ...smallest, operations: part }));
  return { ...smallest, operations };
}

async function smallestPart<Item>(
  items: readonly Item[],
  fails: (part: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let part = items;
  for (let size = Math.ceil(part.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < part.length; ) {
      const without = [...part.slice(0, start), ...part.slice(start + size)];
      if (await fails(without)) part = without;
      else start += size;
    }
  }
  return part;
}
