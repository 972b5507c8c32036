import { Registry } from 'prom-client';
import type { Adapters } from '../../src/compose/adapters.ts';
import { Refusal, Unavailable } from '../../src/platform/failures.ts';
import { Late } from '../../src/platform/waiting.ts';
import { Server } from '../../src/process/server.ts';
import type { Config } from '../../src/settings/settings.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import type { ServiceFault } from './faults.ts';
import { clockOf, type Kernel } from './kernel.ts';
import { SimulatedListener } from './listener.ts';
import { type Machine, SimulatedProcess, simulatedIds } from './machine.ts';
import type { Network } from './network.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';

/** A process that could not start is started again after this time. */
const restartMs = 1_000;
/** A process that is told to stop has this time. */
const stopMs = 20_000;

/** What the machines of either shape have. */
export interface WorldPorts {
  kernel: Kernel;
  network: Network;
  random: Random;
  /** Changes the adapters of every process, to put a fault of the product in. */
  wrap(adapters: Adapters): Adapters;
}

/** Machines with processes of the product, behind a load balancer. A shape adds what the processes use. */
export abstract class SimulatedWorld {
  abstract readonly machines: readonly Machine[];
  /** Failures that the product reported and that no unavailable service explains. */
  protected readonly unexpected: unknown[] = [];
  readonly kernel: Kernel;
  readonly network: Network;
  private readonly supervisor: Owner = { name: 'supervisor', state: 'running' };
  /** Called with each process that dies. */
  private readonly deathHandlers = new Set<(process: SimulatedProcess) => void>();
  /** Of the processes that listen. */
  private readonly listeners = new Map<SimulatedProcess, SimulatedListener>();
  private started = 0;

  constructor(
    private readonly shape: Config['shape'],
    protected readonly ports: WorldPorts,
  ) {
    this.kernel = ports.kernel;
    this.network = ports.network;
  }

  /** The adapters of a process that starts. */
  protected abstract adapters(process: SimulatedProcess): Adapters;

  /** What happens to the machine's disk when its process dies. */
  protected died(_: Machine): void {
    // Only an embedded server has data on its machine.
  }

  /** Puts a fault of the services in. */
  abstract putIn(fault: ServiceFault): void;

  /** Ends the faults of the services that have not occurred. */
  abstract heal(): void;

  /** Releases what the run has used. */
  abstract close(): Promise<void>;

  /** Failures that are the product's own. */
  faults(): readonly unknown[] {
    return this.unexpected;
  }

  machine(name: string): Machine {
    const machine = this.machines.find((each) => each.name === name);
    if (!machine) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  startAll(): void {
    for (const machine of this.machines) if (!machine.process) this.start(machine);
  }

  /** Calls `ended` with each process that dies. */
  onDeath(ended: (process: SimulatedProcess) => void): void {
    this.deathHandlers.add(ended);
  }

  /** Ends the process at once; nothing of what it still does has an effect. */
  crash(process: SimulatedProcess, downMs: number): void {
    if (process.state === 'dead') return;
    const { machine } = process;
    this.kernel.kill(process);
    machine.process = null;
    this.listeners.delete(process);
    for (const ended of this.deathHandlers) ended(process);
    this.died(machine);
    this.kernel.at(downMs, this.supervisor, `start ${machine.name}`, () => {
      if (!machine.process) this.start(machine);
    });
  }

  /** Stops the process in order, and starts another after `downMs`. One that takes too long is killed. */
  stop(process: SimulatedProcess, downMs: number): void {
    const end = () => this.crash(process, downMs);
    this.kernel.at(stopMs, this.supervisor, `kill ${process.name}`, end);
    process.stop().then(end, (error: unknown) => {
      this.reported(process, error);
      end();
    });
  }

  /** A listener that accepts connections, as a load balancer chooses it; null when there is none. */
  balance(random: Random): SimulatedListener | null {
    const edges = this.machines.filter(({ roles }) => roles.has('gateway'));
    const listeners = edges.flatMap(({ process }) => (process && this.listeners.get(process)) ?? []);
    const open = listeners.filter(({ isOpen }) => isOpen);
    return open.length > 0 ? random.pick(open) : null;
  }

  protected reported(process: SimulatedProcess, error: unknown): void {
    const isExpected = error instanceof Unavailable || error instanceof Refusal || error instanceof Late;
    if (process.state !== 'dead' && !isExpected) this.unexpected.push(error);
  }

  private start(machine: Machine): void {
    const { kernel, shape, ports } = this;
    const process = new SimulatedProcess(machine, `${machine.name} (${++this.started})`);
    machine.process = process;
    const random = ports.random.fork(process.name);
    const clock = clockOf(kernel, process, () => machine.wallOffsetMs);
    const config = { ...configInMemory({ 'drain-ms': '0', 'session-days': 'off' }), shape, roles: machine.roles };
    const server = new Server(config, ports.wrap(this.adapters(process)), {
      ...{ clock, ids: simulatedIds(random, clock.nowMs), metrics: new Registry() },
      nextTurn: (run) => void kernel.at(0, process, 'next turn', run),
      random: () => random.next(),
      argon2: {
        hash: async (password) => `hash of ${password}`,
        verify: async (password, hash) => hash === `hash of ${password}`,
      },
      failureReporter: () => (error) => this.reported(process, error),
      serve: (options) => {
        const listener = new SimulatedListener(process, options);
        this.listeners.set(process, listener);
        return listener.server;
      },
    });
    process.stop = () => server.stop();
    server.start().catch((error: unknown) => {
      this.reported(process, error);
      this.crash(process, restartMs);
    });
  }
}
