import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeRegistryContract, type RegistryUnderTest } from './registry-contract.ts';

const adapters: AdapterUnderTest<RegistryUnderTest>[] = [
  {
    name: 'memory',
    async open() {
      const clock = new FakeClock();
      const registry = new MemoryConnectionRegistry(clock);
      return {
        registry,
        passTime: async (durationMs) => clock.advance(durationMs),
        forget: async () => registry.forget(),
        close: async () => undefined,
      };
    },
  },
];

runContract(adapters, describeRegistryContract);
