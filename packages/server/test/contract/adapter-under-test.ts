import { test } from 'bun:test';

/** An adapter of a port, as a contract suite opens it: new and empty. */
export interface AdapterUnderTest<Opened> {
  name: string;
  /** Why the suite is skipped, if the service that it needs is missing. */
  absent?: string;
  open(): Promise<Opened>;
}

/** Runs a port's suite against each of its adapters. */
export function runContract<Opened>(
  adapters: readonly AdapterUnderTest<Opened>[],
  describeContract: (name: string, open: () => Promise<Opened>) => void,
): void {
  for (const { name, absent, open } of adapters) {
    if (absent === undefined) describeContract(name, open);
    else test.skip(`${name}: ${absent}`, () => undefined);
  }
}
