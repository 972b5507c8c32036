// The load that several scenarios share: durable sends in an open loop.
import type { ActivityPlan } from '../clients/activity.ts';
import { ClientProcesses, type PhaseFigures } from '../clients/client-processes.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime, type ProcessorTime } from '../measure/processor-time.ts';
import type { Parameters, Row } from '../scenario.ts';
import type { System } from '../system/system.ts';

const [warmUpRate, warmUpSeconds] = [2_000, 4];

export const openLoadOptions = {
  connections: { default: '2000', help: 'people, all of them connected' },
  seconds: { default: '10', help: 'duration of each figure' },
  'text-bytes': { default: '200', help: 'length of each message' },
  clients: { default: '1', help: 'number of client processes' },
};

export function connectionsOf(parameters: Parameters): number {
  // An even number, because two people have a direct conversation.
  return parameters.number('connections', 2, 18_000) & ~1;
}

export interface Measured extends PhaseFigures {
  rate: number;
  time: ProcessorTime;
}

/** What differs from sending in each conversation in turn. */
export interface Variation {
  /** Indexes of conversations, in the order of the messages. */
  conversations?: number[];
  textBytes?: number[];
  activity?: ActivityPlan;
  /** Client processes that belong to the load besides those of the senders. */
  otherClients?: readonly number[];
}

/** The connected clients of a system. */
export class OpenLoad {
  private constructor(
    private readonly system: System,
    private readonly clients: ClientProcesses,
    private readonly all: number[],
    private readonly textBytes: number,
  ) {}

  static async start(
    system: System,
    planned: PlannedConversation[],
    parameters: Parameters,
    processes = parameters.number('clients', 1, 8),
  ): Promise<OpenLoad> {
    const clients = await ClientProcesses.connect(system.ports, system.people, processes);
    await clients.plan(planned);
    return new OpenLoad(system, clients, [...planned.keys()], parameters.number('text-bytes', 1, 4_000));
  }

  get pids(): number[] {
    return this.clients.pids;
  }

  /** The conversations with their present last numbers. */
  get planned(): readonly PlannedConversation[] {
    return this.clients.planned;
  }

  /** Sends at most at this rate for some seconds, because the runtime compiles code while it runs. */
  async warmUp(rate: number, variation: Variation = {}): Promise<Measured> {
    return this.run(Math.min(rate, warmUpRate), warmUpSeconds, variation);
  }

  async run(rate: number, seconds: number, variation: Variation = {}): Promise<Measured> {
    const { conversations, textBytes, activity, otherClients = [] } = variation;
    const pids = [...this.clients.pids, ...otherClients];
    const processorTime = measureProcessorTime(() => this.system.processes(), pids);
    const spec = {
      ...{ rate, seconds },
      textBytes: textBytes ?? [this.textBytes],
      conversations: conversations ?? this.all,
    };
    const figures = await this.clients.send(spec, activity);
    return { ...figures, rate, time: processorTime() };
  }

  stop(): Promise<void> {
    return this.clients.stop();
  }
}

/** The columns of a figure of an open load. */
export function sendColumns({ rate, acknowledged, refused, seconds, ack, delivery, late, time }: Measured): Row {
  return {
    'asked /s': rate,
    'acked /s': acknowledged / seconds,
    acknowledged,
    refused,
    ...latencyColumns('ack', ack),
    'delivery p99 ms': delivery.percentile(99),
    'client late p99 ms': late.percentile(99),
    ...processorColumns(time, acknowledged),
  };
}
