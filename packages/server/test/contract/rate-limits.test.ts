import { setSystemTime } from 'bun:test';
import { MemoryRateLimits } from '../../src/adapters/memory/rate-limits.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeRateLimitsContract, type RateLimitsUnderTest } from './rate-limits-contract.ts';

const adapters: AdapterUnderTest<RateLimitsUnderTest>[] = [
  {
    name: 'memory',
    async open() {
      // The library reads the time from the system.
      let nowMs = 1_767_225_600_000;
      setSystemTime(nowMs);
      return {
        limits: new MemoryRateLimits(),
        passTime(durationMs) {
          nowMs += durationMs;
          setSystemTime(nowMs);
        },
        close: async () => void setSystemTime(),
      };
    },
  },
];

runContract(adapters, describeRateLimitsContract);
