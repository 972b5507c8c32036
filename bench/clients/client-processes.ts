import { join } from 'node:path';
import { type Latencies, mergedLatencies } from '../measure/latencies.ts';
import { machineMs } from '../net/libc.ts';
import type { Person } from '../system/people.ts';
import type { ActivityPlan } from './activity.ts';
import type { ClientCalls } from './client.ts';
import type { FanOutPhase } from './fan-out-load.ts';
import { phaseFaults } from './phase-faults.ts';
import type { SendPhase } from './send-load.ts';
import type { PlannedConversation } from './tally.ts';
import { Worker } from './worker.ts';

const program = join(import.meta.dir, 'client.ts');
/** Time for a phase to reach all client processes before it starts. */
const leadMs = 100;
const settleTimeoutMs = 60_000;

export interface PhaseFigures {
  sent: number;
  acknowledged: number;
  refused: number;
  /** Received by connections, senders included. */
  entries: number;
  /** Other frames that arrived, by type. */
  received: { presence: number; typing: number; read: number };
  /** Of the WebSocket frames of a phase of sends, those of heartbeats included. */
  bytes: { received: number; sent: number };
  /** From the start of the phase to the last answer. */
  seconds: number;
  late: Latencies;
  ack: Latencies;
  delivery: Latencies;
  ackBySecond: Latencies[];
}

/** Of this benchmark: a system that clients connect to twice must not take a message for one of an earlier phase. */
let phases = 0;

/** Client processes that share the people of a benchmark. */
export class ClientProcesses {
  private conversations: readonly PlannedConversation[] = [];

  private constructor(private readonly processes: readonly Worker<ClientCalls>[]) {}

  /** Starts the processes and connects everybody. */
  static async connect(ports: readonly number[], people: readonly Person[], count: number): Promise<ClientProcesses> {
    const processes = Array.from({ length: count }, () => new Worker<ClientCalls>(program));
    const share = Math.ceil(people.length / count);
    try {
      for (const [index, each] of processes.entries()) {
        const tokens = people.slice(index * share, (index + 1) * share).map(({ token }) => token);
        await each.call('open', { ports, from: index * share, tokens });
      }
    } catch (error) {
      for (const each of processes) each.stop();
      throw error;
    }
    return new ClientProcesses(processes);
  }

  get pids(): number[] {
    return this.processes.map(({ pid }) => pid);
  }

  /** The conversations with their present last numbers. */
  get planned(): readonly PlannedConversation[] {
    return this.conversations;
  }

  async plan(conversations: readonly PlannedConversation[]): Promise<void> {
    this.conversations = conversations;
    await this.callAll('plan', [...conversations]);
  }

  /** Runs a phase, and checks that everything arrived. Throws if anything was lost, repeated or reordered. */
  async send(spec: Omit<SendPhase, 'phase'>, activity: ActivityPlan | null = null): Promise<PhaseFigures> {
    // A process that begins later than another one receives messages of the phase before it knows of the phase.
    await this.callAll('prepare', { phase: { ...spec, phase: ++phases }, activity });
    const startAtMs = machineMs() + leadMs;
    await this.callAll('send', startAtMs);
    return this.figures(Math.round(spec.rate * spec.seconds), (machineMs() - startAtMs) / 1_000);
  }

  /** Runs a phase in which one person sends to all. There must be one client process. */
  async fanOut(spec: Omit<FanOutPhase, 'phase'>): Promise<PhaseFigures> {
    const startMs = machineMs();
    await this.callAll('fanOut', { ...spec, phase: ++phases });
    return this.figures(spec.messages, (machineMs() - startMs) / 1_000);
  }
  /** How many connections are open. */
  async connected(): Promise<number> {
    return (await this.callAll('connected', undefined)).reduce((sum, each) => sum + each, 0);
  }

  async stop(): Promise<void> {
    await this.callAll('close', undefined);
    for (const each of this.processes) each.stop();
  }

  private async figures(messages: number, seconds: number): Promise<PhaseFigures> {
    const { reports, latencies, received, bytes } = await this.settled(messages);
    const count = (type: keyof PhaseFigures['received']) => received.reduce((total, each) => total + each[type], 0);
    const sum = (count: 'sent' | 'acknowledged' | 'refused' | 'entries') =>
      reports.reduce((total, each) => total + each[count], 0);
    const merged = (kind: 'late' | 'ack' | 'delivery') => mergedLatencies(latencies.map((each) => each[kind]));
    return {
      ...{
        sent: sum('sent'),
        acknowledged: sum('acknowledged'),
        refused: sum('refused'),
        entries: sum('entries'),
        seconds,
      },
      received: { presence: count('presence'), typing: count('typing'), read: count('read') },
      bytes: {
        received: bytes.reduce((total, each) => total + each.received, 0),
        sent: bytes.reduce((total, each) => total + each.sent, 0),
      },
      ...{ late: merged('late'), ack: merged('ack'), delivery: merged('delivery') },
      ackBySecond: Array.from(
        { length: Math.max(0, ...latencies.map(({ ackBySecond }) => ackBySecond.length)) },
        (_, second) => mergedLatencies(latencies.map(({ ackBySecond }) => ackBySecond[second] ?? '').filter(Boolean)),
      ),
    };
  }

  /** Entries may arrive after the last ack: waits a bounded time until nothing is missing. */
  private async settled(messages: number) {
    const endMs = machineMs() + settleTimeoutMs;
    while (true) {
      const collected = await this.callAll('collect', undefined);
      const reports = collected.map(({ tally }) => tally);
      const { faults, isFinal } = phaseFaults(this.conversations, reports, messages);
      if (faults.length === 0) {
        this.conversations = this.conversations.map((each, index) => {
          const added = reports.reduce((sum, { acknowledgedIn }) => sum + (acknowledgedIn[index] ?? 0), 0);
          return { ...each, headSeq: each.headSeq + added };
        });
        const received = collected.map((each) => each.received);
        const bytes = collected.map((each) => each.bytes);
        return { reports, received, bytes, latencies: collected.flatMap(({ latencies }) => latencies ?? []) };
      }
      if (isFinal || machineMs() > endMs) throw new Error(faults.join('\n'));
      await Bun.sleep(100);
    }
  }

  private callAll<Call extends keyof ClientCalls>(call: Call, argument: Parameters<ClientCalls[Call]>[0]) {
    return Promise.all(this.processes.map((each) => each.call(call, argument)));
  }
}
