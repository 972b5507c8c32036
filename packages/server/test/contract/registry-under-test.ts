import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';

export interface RegistryUnderTest {
  registry: ConnectionRegistry;
  passTime(durationMs: number): Promise<void>;
  /** Has the store lose everything. */
  forget(): Promise<void>;
  close(): Promise<void>;
}
