// The load that several scenarios share: durable sends in direct conversations, open loop.
import { ClientProcesses, type SendFigures } from '../clients/client-processes.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { measureProcessorTime, type ProcessorTime } from '../measure/processor-time.ts';
import { startCluster } from '../system/cluster.ts';
import { startEmbedded } from '../system/embedded.ts';
import { createDirectConversations } from '../system/people.ts';
import type { Shape, StoringSystem, System } from '../system/system.ts';

const [warmUpRate, warmUpSeconds] = [2_000, 4];

export const directOptions = {
  connections: { default: '2000', help: 'people, two of whom talk with each other' },
  seconds: { default: '10', help: 'duration of each rate' },
  'text-bytes': { default: '200', help: 'length of each message' },
  clients: { default: '1', help: 'number of client processes' },
};

export async function startParley(shape: Shape, people: number, fsyncMs = 0): Promise<StoringSystem> {
  return shape === 'embedded' ? startEmbedded(people, fsyncMs) : startCluster(people);
}

export interface Measured extends SendFigures {
  rate: number;
  time: ProcessorTime;
}

/** The clients of a system whose neighbours have direct conversations. */
export class DirectLoad {
  /** Messages that were acknowledged before the first figure. */
  warmUpMessages = 0;

  private constructor(
    private readonly system: System,
    private readonly clients: ClientProcesses,
    private readonly textBytes: number,
  ) {}

  /** Connects everybody and warms the system up, because the runtime compiles code while it runs. */
  static async start(
    system: System,
    conversations: PlannedConversation[],
    { clients: count, textBytes, rate }: { clients: number; textBytes: number; rate: number },
  ): Promise<DirectLoad> {
    const clients = await ClientProcesses.connect(system.port, system.people, count);
    await clients.plan(conversations);
    const load = new DirectLoad(system, clients, textBytes);
    load.warmUpMessages = (await load.run(Math.min(rate, warmUpRate), warmUpSeconds)).acknowledged;
    return load;
  }

  static conversationsOf(system: System): Promise<PlannedConversation[]> {
    return createDirectConversations(system.url, system.people);
  }

  async run(rate: number, seconds: number): Promise<Measured> {
    const processorTime = measureProcessorTime(() => this.system.processes(), this.clients.pids);
    const figures = await this.clients.send({ rate, seconds, textBytes: this.textBytes });
    return { ...figures, rate, time: processorTime() };
  }

  stop(): Promise<void> {
    return this.clients.stop();
  }
}

/** Direct conversations that exist in the plan only: a bare server takes any. */
export function imaginedConversations(people: number): PlannedConversation[] {
  return Array.from({ length: people >> 1 }, (_, pair) => {
    return { id: crypto.randomUUID(), members: [pair * 2, pair * 2 + 1], headSeq: 1 };
  });
}
