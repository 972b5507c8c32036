import type { Entry } from '@parley/protocol';
import { checkRecording } from '../../src/checker/check-recording.ts';
import { Recorder } from '../../src/checker/recorder.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { SimulatedCluster } from './cluster.ts';
import { SimulatedEmbedded } from './embedded.ts';
import type { Fault } from './faults.ts';
import { Kernel } from './kernel.ts';
import { Network } from './network.ts';
import type { Owner } from './owner.ts';
import { devices, owner, type Plan, stormMs } from './plan.ts';
import { Random } from './random.ts';
import { SimulatedClient } from './simulated-client.ts';
import type { SimulatedWorld } from './world.ts';

/** What a run showed. */
export interface RunResult {
  /** The reasons why the run failed; empty when it did not. */
  failures: string[];
  /** A hash over everything that happened, in order. Two runs of a plan have the same one. */
  hash: string;
  events: number;
  simulatedMs: number;
  recording: string[];
}

export interface SimulationOptions {
  /** Receives each event as a line. */
  trace?: (line: string) => void;
  /** Changes the adapters of every process, to put a fault of the product in. */
  wrap?: (adapters: Adapters) => Adapters;
}

/** Simulated times after which something that should have ended counts as hung. */
const setUpMs = 60_000;
const restMs = 180_000;
/** Time in which clients find out what they missed, after everything works again, and presence becomes right. */
const calmMs = 33_000;
/** Presence that becomes right this much after its bound counts as in time: clients notice it by the network. */
const slackMs = 2_000;

/** A server that dies may lose the read positions of its last second, see `advanceReadPosition`. */
const lostByCrash = 'stale-read-position';

/** Runs one plan: sets the cluster up, lets faults occur while clients work, repairs everything, and judges the recording. */
export async function simulate(plan: Plan, options: SimulationOptions = {}): Promise<RunResult> {
  const simulation = new Simulation(plan, options);
  await simulation.run();
  return simulation.result();
}

class Simulation {
  private readonly failures: string[] = [];
  private readonly recording: string[] = [];
  private readonly kernel: Kernel;
  private readonly network: Network;
  private readonly world: SimulatedWorld;
  private readonly clients: Map<string, SimulatedClient>;
  private readonly recorder: Recorder;
  private readonly nature: Owner = { name: 'nature', state: 'running' };
  private conversationId = '';

  constructor(
    private readonly plan: Plan,
    { trace, wrap = (same) => same }: SimulationOptions,
  ) {
    const random = new Random(`run ${plan.seed}`);
    this.kernel = new Kernel(trace);
    this.network = new Network(this.kernel, random.fork('network'), plan.plainNetwork);
    const ports = { kernel: this.kernel, network: this.network, random: random.fork('cluster'), wrap };
    this.world = plan.shape === 'cluster' ? new SimulatedCluster(ports) : new SimulatedEmbedded(ports);
    const now = () => this.kernel.nowMs;
    this.recorder = new Recorder((line) => this.recording.push(line), now, { slackMs });
    this.clients = new Map(
      Object.keys(devices).map((name) => {
        return [name, new SimulatedClient(this.world, name, random.fork(`client ${name}`), this.recorder)];
      }),
    );
  }

  async run(): Promise<void> {
    const escaped = (error: unknown) => this.failures.push(`a promise was rejected: ${textOf(error)}`);
    process.on('unhandledRejection', escaped);
    try {
      await this.setUp();
      await this.storm();
      await this.comeToRest();
    } catch (error) {
      this.failures.push(textOf(error));
    } finally {
      process.off('unhandledRejection', escaped);
      await this.world.close();
    }
    this.failures.push(...this.world.faults().map((error) => `the product reported ${textOf(error)}`));
    await this.check();
  }

  result(): RunResult {
    const { events, nowMs, hash } = this.kernel;
    const { failures, recording } = this;
    return { failures, hash: hash.toString(16).padStart(16, '0'), events, simulatedMs: nowMs, recording };
  }

  /** All users sign up and are in one group. */
  private async setUp(): Promise<void> {
    const { kernel, world } = this;
    world.startAll();
    await kernel.pass(1_000);
    const password = 'a good password';
    for (const [name, { client }] of this.clients) {
      const username = devices[name] ?? name;
      const entered = name === username ? client.signup({ username, password }) : client.login({ username, password });
      await kernel.settle(`the sign-up of ${name}`, entered, setUpMs);
      client.connect();
      await kernel.settle(`the catch-up of ${name}`, client.live(), setUpMs);
    }
    const ana = this.client(owner);
    const userIds = [...this.userIds.values()].filter((userId) => userId !== ana.userId);
    const created = ana.client.conversations.createGroup({ name: 'group', userIds });
    this.conversationId = (await kernel.settle('the creation of the group', created, setUpMs)).id;
    const haveIt = () => this.all.every(({ client }) => client.conversations.get(this.conversationId));
    if (!(await kernel.runUntil(haveIt, setUpMs))) throw new Error('the clients do not learn of the group');
    for (const { client } of this.all) client.watch({ userIds: [...this.userIds.values()] });
    await kernel.pass(1_000);
  }

  private async storm(): Promise<void> {
    const { kernel, plan, nature } = this;
    this.recorder.record({ type: 'fault', name: 'storm' });
    for (const fault of plan.faults) this.putIn(fault);
    for (const operation of plan.operations) {
      const client = this.client(operation.client);
      kernel.at(operation.atMs, client, operation.kind, () => {
        client.do(operation, this.conversationId, this.userIds);
      });
    }
    let isOver = false;
    kernel.at(stormMs, nature, 'the faults end', () => {
      isOver = true;
    });
    await kernel.runUntil(() => isOver, 2 * stormMs);
  }

  private putIn(fault: Fault): void {
    const { kernel, world, nature, network } = this;
    const at = (atMs: number, run: () => void) => kernel.at(atMs, nature, JSON.stringify(fault), run);
    switch (fault.kind) {
      case 'call':
        world.machine(fault.machine)[fault.of].fail(fault.call, fault.what);
        return;
      case 'crash':
      case 'stop':
        at(fault.atMs, () => {
          const { process: running } = world.machine(fault.machine);
          if (!running) return;
          if (fault.kind === 'crash') world.crash(running, fault.downMs);
          else world.stop(running, fault.downMs);
        });
        return;
      case 'pause':
        at(fault.atMs, () => {
          const { process: running } = world.machine(fault.machine);
          if (!running) return;
          kernel.pause(running);
          kernel.at(fault.forMs, nature, 'continues', () => kernel.resume(running));
        });
        return;
      case 'block':
        at(fault.atMs, () => network.block(fault, fault.forMs));
        return;
      case 'cut':
        at(fault.atMs, () => this.client(fault.client).network.cut());
        return;
      case 'clock':
        at(fault.atMs, () => {
          world.machine(fault.machine).wallOffsetMs += fault.byMs;
        });
        return;
      case 'service':
        at(fault.atMs, () => world.putIn(fault.what));
    }
  }

  /** Repairs everything, and waits until nothing is under way any more. */
  private async comeToRest(): Promise<void> {
    const { kernel, world, network } = this;
    network.heal();
    world.heal();
    for (const machine of world.machines) {
      machine.work.heal();
      machine.polls.heal();
      machine.wallOffsetMs = 0;
      if (machine.process) kernel.resume(machine.process);
    }
    this.recorder.record({ type: 'fault_end', name: 'storm' });
    for (const client of this.all) client.comeBack();
    const unrest = () => this.all.flatMap((client) => client.unrest ?? []);
    const isWorking = await kernel.runUntil(() => unrest().length === 0, restMs);
    // A client notices the loss of the last delivery by the next one, as it would behind a real mailbox.
    const [ana] = this.all;
    ana?.do({ client: 'ana', atMs: 0, kind: 'send', text: 'the last message' }, this.conversationId, this.userIds);
    ana?.do(
      { client: 'ana', atMs: 0, kind: 'edit', back: 0, text: 'the last edit' },
      this.conversationId,
      this.userIds,
    );
    const isCalm = isWorking && (await kernel.runUntil(() => unrest().length === 0, restMs));
    await kernel.pass(calmMs);
    if (!isCalm || unrest().length > 0) this.failures.push(`the cluster does not come to rest: ${unrest().join(', ')}`);
    this.failures.push(...this.all.flatMap(({ wrongSends }) => wrongSends));
    for (const client of this.all) {
      const read = client.settle(this.conversationId);
      this.requireOnce(await kernel.settle(`the last read of ${client.name}`, read, restMs));
    }
    for (const { client } of this.all) client.close();
    await kernel.pass(1_000);
  }

  /** Each text is sent once. The checker can't tell that: under another id, it takes a retry for another message. */
  private requireOnce(history: readonly Entry[]): void {
    const texts = new Set<string>();
    for (const entry of history) {
      if (entry.kind !== 'message' || entry.deleted || entry.editedAtMs !== undefined) continue;
      if (texts.has(entry.text)) this.failures.push(`contract 2: ${entry.text} is in the history twice`);
      texts.add(entry.text);
    }
  }

  private async check(): Promise<void> {
    const { recording } = this;
    const { violations } = await checkRecording(async function* () {
      yield* recording;
    });
    for (const { contract, rule, what, excerpt } of violations) {
      if (this.plan.shape === 'embedded' && rule === lostByCrash) continue;
      const lines = excerpt.map(({ number, text }) => `    line ${number} ${text.slice(0, 1_000)}`);
      this.failures.push([`contract ${contract}, ${rule}: ${what}`, ...lines].join('\n'));
    }
  }

  private get all(): SimulatedClient[] {
    return [...this.clients.values()];
  }

  /** The ids of the users by their name. */
  private get userIds(): Map<string, string> {
    return new Map(Object.values(devices).map((user) => [user, this.client(user).userId]));
  }

  private client(name: string): SimulatedClient {
    const client = this.clients.get(name);
    if (!client) throw new Error(`there is no client ${name}`);
    return client;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
