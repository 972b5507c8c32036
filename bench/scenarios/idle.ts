import { ClientProcesses } from '../clients/client-processes.ts';
import { processorColumns } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { startParley, using } from '../system/start.ts';

const warmUpPeople = 500;

export const idle: Scenario = {
  name: 'idle',
  summary: 'Resident bytes and processor time of people who are connected and authenticated, and do nothing.',
  shapes: ['embedded', 'cluster'],
  options: {
    connections: { default: '10000', help: 'people' },
    seconds: { default: '30', help: 'time after which the bytes are read again' },
    clients: { default: '1', help: 'number of client processes' },
  },
  quick: { connections: '5000', seconds: '15' },
  async run(parameters): Promise<Outcome> {
    const count = parameters.number('connections', 1, 18_000);
    return using(startParley(parameters.shape(), count + warmUpPeople), async (system) => {
      const processes = parameters.number('clients', 1, 8);
      // The first connections load code, which stays in memory.
      const first = await ClientProcesses.connect(system.ports, system.people.slice(count), processes);
      await first.stop();
      const before = system.residentBytes();
      const clients = await ClientProcesses.connect(system.ports, system.people.slice(0, count), processes);
      const connected = system.residentBytes();
      const processorTime = measureProcessorTime(() => system.processes(), clients.pids);
      const seconds = parameters.number('seconds', 1, 120);
      await Bun.sleep(seconds * 1_000);
      const time = processorTime();
      const settled = system.residentBytes();
      const open = await clients.connected();
      if (open !== count) throw new Error(`${count - open} of ${count} connections were closed`);
      await clients.stop();
      const row = {
        ...{ system: system.name, connections: count },
        'bytes a connection': (settled - before) / count,
        'bytes without connections': before,
        'bytes a connection when all are connected': (connected - before) / count,
        ...processorColumns(time, count * seconds),
      };
      return { rows: [row], ratios: {} };
    });
  },
};
