import type { AppendFigures } from '../../src/distribution/command-log-port.ts';
import { Gathering } from '../../src/platform/gathering.ts';
import type { KafkaBroker, Produced } from './kafka-broker.ts';

/** Calls the broker over the network. Rejects with `Unavailable`; the call may or may not have been carried out. */
export type CallBroker = <Result>(name: string, call: () => Result | Promise<Result>) => Promise<Result>;

interface Waiting {
  record: Produced;
  resolve(): void;
  reject(error: unknown): void;
}

/** Sends records in order, with one send under way at a time: what comes meanwhile leaves together. */
export class SimulatedProducer {
  private records = 0;
  private sends = 0;
  private readonly gathering: Gathering<Waiting>;

  constructor(
    private readonly broker: KafkaBroker,
    private readonly call: CallBroker,
  ) {
    this.gathering = new Gathering({ handle: (waiting) => this.produce(waiting) });
  }

  get figures(): AppendFigures {
    return { waiting: this.gathering.size, records: this.records, sends: this.sends };
  }

  send(record: Produced): Promise<void> {
    return new Promise((resolve, reject) => this.gathering.add([{ record, resolve, reject }]));
  }

  private async produce(waiting: readonly Waiting[]): Promise<void> {
    const records = waiting.map(({ record }) => record);
    try {
      await this.call('produce', () => this.broker.append(records));
      this.records += records.length;
      this.sends++;
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
