import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';

export interface RegistryUnderTest {
  registry: ConnectionRegistry;
  passTime(durationMs: number): Promise<void>;
  /** Makes the store lose all data. */
  forget(): Promise<void>;
  close(): Promise<void>;
}
