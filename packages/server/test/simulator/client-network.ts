import { limits } from '@parley/protocol';
import type { Runtime } from '@parley/sdk';
import { clockOf } from './kernel.ts';
import type { SimulatedProcess } from './machine.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';
import { SimulatedConnection } from './socket.ts';
import type { SimulatedWorld } from './world.ts';

/** The address that clients connect to. The first account is created from the machine of the server. */
export const clusterUrl = 'http://localhost';

/** The network of one client, as the SDK uses it. */
export class ClientNetwork {
  private readonly connections = new Set<SimulatedConnection>();
  /** Ends the requests that the process has not answered. */
  private readonly pending = new Map<SimulatedProcess, Set<() => void>>();

  constructor(
    private readonly world: SimulatedWorld,
    private readonly owner: Owner,
    private readonly random: Random,
  ) {
    world.onDeath((process) => this.died(process));
  }

  runtime(): Runtime {
    const { world, owner, random } = this;
    const clock = clockOf(world.kernel, owner);
    return {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      random: () => random.next(),
      after: clock.after,
      uuid: () => `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
      onOnline: () => () => undefined,
      fetch: (url, init) => this.fetch(url, init),
      openSocket: (url, subprotocol) => {
        const connection = new SimulatedConnection(world, owner);
        this.connections.add(connection);
        connection.open(world.balance(random), url, subprotocol);
        return connection.client;
      },
    };
  }

  /** Resets all connections of the client. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
    this.connections.clear();
  }

  private died(process: SimulatedProcess): void {
    for (const connection of this.connections) {
      if (connection.process !== process) continue;
      this.connections.delete(connection);
      connection.processDied();
    }
    for (const fail of this.pending.get(process) ?? []) fail();
    this.pending.delete(process);
  }

  private fetch(url: string, { method = 'GET', headers, body }: RequestInit): Promise<Response> {
    const { world, owner, random } = this;
    const { kernel, network } = world;
    const listener = world.balance(random);
    const answered = Promise.withResolvers<Response>();
    if (!listener) {
      kernel.at(1, owner, 'connection refused', () => answered.reject(new TypeError('connection refused')));
      return answered.promise;
    }
    const { process } = listener;
    const { name } = process.machine;
    const path = url.slice(clusterUrl.length);
    const settle = (label: string, run: () => void) => network.send({ from: name, to: owner.name }, owner, label, run);
    const late = () => answered.reject(new DOMException('The operation timed out.', 'TimeoutError'));
    const cancel = kernel.at(limits.silenceMs, owner, `timeout of ${path}`, late);
    const finish = (label: string, run: () => void) => {
      this.pending.get(process)?.delete(fail);
      settle(label, () => {
        cancel();
        run();
      });
    };
    const fail = () => finish('connection reset', () => answered.reject(new TypeError('connection reset')));
    this.pending.set(process, (this.pending.get(process) ?? new Set()).add(fail));
    network.send({ from: owner.name, to: name }, process, `${method} ${path} ${body ?? ''}`, () => {
      const request = new Request(url, { method, ...(headers && { headers }), ...(body && { body }) });
      void listener.request(request).then(async (response) => {
        const text = await response.text();
        // A process that died has reset the connection.
        if (process.state === 'dead') return;
        const { status } = response;
        const copy = { status, headers: response.headers };
        finish(`${status} ${path}`, () => answered.resolve(new Response(status === 204 ? null : text, copy)));
      });
    });
    return answered.promise;
  }
}
