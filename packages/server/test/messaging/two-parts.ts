import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { DividedConnectionRegistry } from '../../src/adapters/redis/divided-registry.ts';
import type { PartServer } from '../../src/adapters/redis/redis-part.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import type { FakeClock } from '../support/fake-clock.ts';

/** One of two stores in memory, over which a registry is divided. */
export class PartInMemory extends MemoryConnectionRegistry implements PartServer {
  isLost = false;
  /** The number of notes that were written. */
  notes = 0;
  private readonly skipped: Record<string, string> = {};

  async state() {
    return { generation: await this.generation(), skipped: { ...this.skipped } };
  }

  async noteSkipped(names: readonly string[]): Promise<void> {
    for (const name of names) this.skipped[name] = String(++this.notes);
  }
}

/** A registry over two stores in memory, each of which can be lost: for all, or for one server. */
export function twoParts(clock: FakeClock) {
  const servers = [new PartInMemory(clock), new PartInMemory(clock)] as const;
  const registry = new DividedConnectionRegistry(
    servers.map((server, index) => ({ name: `part ${index}`, registry: server })),
    clock,
  );
  const [first, second] = registry.parts as unknown as [(typeof registry.parts)[0], (typeof registry.parts)[0]];
  const store = servers[1];
  const calls = ['renewLease', 'openServer', 'connect', 'addInterest', 'watch'] as const;
  const refuse = async (): Promise<never> => {
    throw new Unavailable('the second part cannot be reached');
  };
  /** The second part can't be reached, by this server or by any. */
  const lose = (serverId?: string) => {
    store.isLost = true;
    for (const call of calls) {
      const reached = (PartInMemory.prototype[call] as (...given: unknown[]) => Promise<unknown>).bind(store);
      const isCut = (id: unknown) => serverId === undefined || id === serverId;
      Object.assign(store, { [call]: (...given: unknown[]) => (isCut(given[0]) ? refuse() : reached(...given)) });
    }
    if (serverId === undefined) second.generation = refuse;
  };
  const find = () => {
    store.isLost = false;
    for (const call of calls) delete (store as Partial<PartInMemory>)[call];
    delete (second as Partial<typeof second>).generation;
  };
  return { registry, servers, first, second, lose, find };
}
