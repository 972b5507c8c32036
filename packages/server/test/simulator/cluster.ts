import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { supportedLevel } from '../../src/platform/features.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { passOn } from '../../src/platform/tracing.ts';
import type { ServiceFault } from './faults.ts';
import { KafkaBroker } from './kafka-broker.ts';
import { SimulatedCommandLog } from './kafka-command-log.ts';
import { SimulatedMailboxes } from './kafka-mailboxes.ts';
import type { CallBroker } from './kafka-producer.ts';
import { clockOf } from './kernel.ts';
import { Link } from './link.ts';
import { Machine, type SimulatedProcess } from './machine.ts';
import type { Service } from './network.ts';
import type { Owner } from './owner.ts';
import { PostgresModel } from './postgres-model.ts';
import { SimulatedWorld, type WorldPorts } from './world.ts';

const partitions = 4;
/** The time that PostgreSQL takes for a commit. */
const commitMs = 1;

/** Two edges and two distributors, and the services that they use. */
export class SimulatedCluster extends SimulatedWorld {
  static readonly machineNames = ['edge-1', 'edge-2', 'distributor-1', 'distributor-2'] as const;
  readonly machines = SimulatedCluster.machineNames.map((name) => {
    return new Machine(name, new Set(name.startsWith('edge') ? ['gateway', 'messaging'] : ['distribution']));
  });
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-simulated-'));
  private readonly services: Readonly<Record<Service, Owner>>;
  private readonly kafka: KafkaBroker;
  private readonly redis: MemoryConnectionRegistry;
  private readonly postgres: PostgresModel;

  constructor(ports: WorldPorts) {
    super('cluster', ports);
    const { kernel } = ports;
    const service = (name: Service): Owner => ({ name, state: 'running' });
    this.services = { postgres: service('postgres'), kafka: service('kafka'), redis: service('redis') };
    const { postgres, kafka, redis } = this.services;
    this.kafka = new KafkaBroker(partitions, clockOf(kernel, kafka));
    this.redis = new MemoryConnectionRegistry(clockOf(kernel, redis));
    this.postgres = PostgresModel.open(this.folder, {
      clock: clockOf(kernel, postgres),
      nextTurn: (run) => void kernel.at(commitMs, postgres, 'commit', run),
      reportFailure: (error) => this.unexpected.push(error),
    });
  }

  putIn(fault: ServiceFault): void {
    switch (fault.kind) {
      case 'mail':
        this.kafka.mailFaults.set(this.kafka.mailCount + fault.delivery, fault.what);
        return;
      case 'rebalance':
        this.kafka.rebalance();
        return;
      case 'forget':
        this.redis.forget();
    }
  }

  heal(): void {
    this.kafka.mailFaults.clear();
  }

  override faults(): readonly unknown[] {
    return [...super.faults(), ...this.kafka.deadLetters.map((letter) => `a command was set aside: ${letter}`)];
  }

  async close(): Promise<void> {
    this.postgres.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  protected adapters(process: SimulatedProcess): Adapters {
    const { kernel, network, services, postgres, kafka } = this;
    const crash = (crashed: SimulatedProcess, downMs: number) => this.crash(crashed, downMs);
    const link = new Link(process, { kernel, network, services, crash });
    const call: CallBroker = (name, run) => link.call('kafka', name, run);
    const clock = clockOf(kernel, process);
    const { users, conversations, serverSettings, feed, followerStates, totals } = postgres.stores;
    return {
      users: link.linked('postgres', users),
      conversations: link.linked('postgres', conversations),
      history: link.linked('postgres', postgres.history),
      serverSettings: link.linked('postgres', serverSettings),
      findCatchingUp: (conversationIds) => {
        const isBehind = (partition: number) => postgres.decidedTo(partition) < kafka.end(partition);
        return link.call(
          'postgres',
          'decided',
          () => new Set(conversationIds.filter((id) => isBehind(shardOf(id, partitions)))),
        );
      },
      featureLevel: () => link.call('postgres', 'feature level', supportedLevel),
      feedWriter: { append: async () => undefined },
      ...{ feed, followerStates, totals },
      commandLog: new SimulatedCommandLog(kafka, { call, clock, processName: process.name }),
      mailboxes: new SimulatedMailboxes(kafka, { call, clock }),
      registry: link.linkedRegistry(this.redis),
      // The settings turn them off.
      rateLimits: { consume: async () => 0 },
      hops: passOn,
      checks: {},
      lost: new Promise(() => undefined),
      close: async () => undefined,
    };
  }
}
