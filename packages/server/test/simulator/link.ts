import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';
import type { Kernel } from './kernel.ts';
import type { SimulatedProcess } from './machine.ts';
import { type Channel, type Network, noAnswer, type Service, timeoutOf } from './network.ts';
import type { Owner } from './owner.ts';

/** Calls that come at intervals whether there is work or not. */
const polls = new Set([
  ...['fetch', 'fetch mail', 'heartbeat', 'list mailboxes'],
  ...['generation', 'renewLease', 'expireServers', 'liveServers'],
]);

/** What a link needs of the cluster that it is part of. */
export interface LinkPorts {
  kernel: Kernel;
  network: Network;
  /** The owner of what happens at a service. */
  services: Readonly<Record<Service, Owner>>;
  /** Ends a process at once, and starts another after `downMs`. */
  crash(process: SimulatedProcess, downMs: number): void;
}

/**
 * The calls of one process to the services. Each call is a point at which the process can die, before it or after it,
 * or lose the request or the answer.
 */
export class Link {
  /** One connection each way, where a service is used through one. */
  private readonly channels = new Map<Service, { up: Channel; down: Channel }>();

  constructor(
    private readonly process: SimulatedProcess,
    private readonly ports: LinkPorts,
  ) {}

  /** Resolves and rejects as `call` does, later; never if the process dies meanwhile. */
  call<Result>(service: Service, name: string, call: () => Result | Promise<Result>): Promise<Result> {
    const { process, ports } = this;
    const { machine } = process;
    const { kernel, network } = ports;
    if (process.state === 'dead') return never();
    const fault = (polls.has(name) ? machine.polls : machine.work).begin();
    if (fault?.kind === 'crash-before') {
      ports.crash(process, fault.downMs);
      return never();
    }
    const answered = Promise.withResolvers<Result>();
    const late = noAnswer(service, name);
    const cancel = kernel.at(timeoutOf(service), process, `timeout of ${name}`, () => answered.reject(late));
    const up = { from: machine.name, to: service };
    const down = { from: service, to: machine.name };
    const { up: upChannel, down: downChannel } = this.channelsOf(service);
    const answer = (settle: () => void) => {
      if (fault?.kind === 'lose-answer' || network.loses(down)) return;
      network.send(
        down,
        process,
        `answer of ${name}`,
        () => {
          cancel();
          if (fault?.kind === 'crash-after') ports.crash(process, fault.downMs);
          else settle();
        },
        downChannel,
      );
    };
    const arrive = () => {
      (async () => call())().then(
        (result) => answer(() => answered.resolve(result)),
        (error: unknown) => answer(() => answered.reject(error)),
      );
    };
    if (fault?.kind === 'lose-request' || network.loses(up)) return answered.promise;
    const lateMs = fault?.kind === 'late-request' ? fault.byMs : 0;
    const label = lateMs > 0 ? `late ${name}` : name;
    // On one connection, requests that were sent after it are late too.
    network.send(up, ports.services[service], label, arrive, upChannel, lateMs);
    return answered.promise;
  }

  /** The port, each of whose methods is a call to the service. */
  linked<Port extends object>(service: Service, port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => this.call(service, String(name), () => member.apply(target, given));
      },
    });
  }

  /** The registry, which has one part: itself. */
  linkedRegistry(registry: ConnectionRegistry): ConnectionRegistry {
    const linked = this.linked('redis', registry);
    const whole: ConnectionRegistry = new Proxy(linked, {
      get: (target, name) => {
        if (name === 'parts') return [whole];
        return name === 'partOf' ? () => whole : Reflect.get(target, name);
      },
    });
    return whole;
  }

  /** The product uses many connections to PostgreSQL, on which requests overtake each other, and one to each other service. */
  private channelsOf(service: Service): { up?: Channel; down?: Channel } {
    if (service === 'postgres') return {};
    const channels = this.channels.get(service) ?? { up: { lastDueMs: 0 }, down: { lastDueMs: 0 } };
    this.channels.set(service, channels);
    return channels;
  }
}

function never<Result>(): Promise<Result> {
  return new Promise(() => undefined);
}
