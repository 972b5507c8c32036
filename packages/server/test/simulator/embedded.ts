import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryCommandLog } from '../../src/adapters/memory/command-log.ts';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { openSqliteStores } from '../../src/adapters/sqlite/stores.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { fedByTheStore } from '../../src/feed/feed-port.ts';
import { supportedLevel } from '../../src/platform/features.ts';
import { passOn } from '../../src/platform/tracing.ts';
import { SimulatedDisk } from './disk.ts';
import { clockOf } from './kernel.ts';
import { Machine, type SimulatedProcess } from './machine.ts';
import { SimulatedWorld, type WorldPorts } from './world.ts';

/** One process with every role, and a disk that loses what was not synced when the process dies. */
export class SimulatedEmbedded extends SimulatedWorld {
  static readonly machineNames = ['server'] as const;
  readonly machines = [new Machine('server', new Set(['gateway', 'messaging', 'distribution', 'followers']))];
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-simulated-'));
  private readonly disk: SimulatedDisk;
  /** The databases of all processes, which stay open until the end of the run. */
  private readonly opened: ReturnType<typeof openSqliteStores>[] = [];

  constructor(ports: WorldPorts) {
    super('embedded', ports);
    this.disk = new SimulatedDisk(this.folder, ports.random.fork('disk'));
  }

  putIn(): void {
    // There are no services.
  }

  heal(): void {
    // There are no services.
  }

  async close(): Promise<void> {
    for (const { writes } of this.opened) writes.database.close();
    rmSync(this.folder, { recursive: true });
  }

  protected override died(): void {
    this.disk.losePower();
  }

  protected adapters(process: SimulatedProcess): Adapters {
    const { kernel } = this;
    const clock = clockOf(kernel, process);
    const nextTurn = (run: () => void) => void kernel.at(0, process, 'next turn', run);
    const reportFailure = (error: unknown) => this.reported(process, error);
    const crash = (downMs: number) => this.crash(process, downMs);
    const stores = openSqliteStores(this.disk.file, {
      ...{ clock, nextTurn, reportFailure, checkpoints: null },
      disk: this.disk.connect(process, kernel, crash),
    });
    this.opened.push(stores);
    const { users, conversations, history, serverSettings, feed, followerStates, totals } = stores;
    return {
      ...{ users, conversations, history, serverSettings, feed, followerStates, totals },
      feedWriter: fedByTheStore,
      findCatchingUp: async () => new Set(),
      featureLevel: async () => supportedLevel(),
      commandLog: new MemoryCommandLog(clock, reportFailure, nextTurn, clock),
      mailboxes: new MemoryMailboxes(),
      registry: new MemoryConnectionRegistry(clock, { leasesExpire: false }),
      // The settings turn them off.
      rateLimits: { consume: async () => 0 },
      hops: passOn,
      checks: {},
      lost: new Promise(() => undefined),
      close: async () => undefined,
    };
  }
}
