import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, InputOf, OperationId, ResponseOf, ServerStats } from '@parley/protocol';
import { type ClientOptions, HttpApi, MemoryStore, ParleyClient } from '@parley/sdk';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { systemIds, tokenHash } from '../../src/platform/ids.ts';
import { Server } from '../../src/process/server.ts';
import { type GivenSettings, loadConfig } from '../../src/settings/settings.ts';
import { fastArgon2 } from './fast-argon2.ts';
import { patientBounds, patientPoolBounds } from './patient-bounds.ts';
import { shapeUnderTest } from './shape-under-test.ts';
import { WireClient } from './wire-client.ts';

/** A user with a session, created without the cost of password hashing. */
export interface Person {
  account: Account;
  token: string;
}

const clusterServers = 2;
const createdAtOnce = 25;

/** Has no timeout for requests. */
const patientRuntime = { fetch: (url: string, { signal: _, ...init }: RequestInit) => fetch(url, init) };

/**
 * A whole server in this process, on free ports: embedded with a data folder of its own, or, in the shape of a cluster,
 * two servers of all roles with empty services. Clients of a cluster are spread over its servers.
 */
export class RunningServer {
  private turn = 0;

  private constructor(
    private readonly servers: readonly [Server, ...Server[]],
    readonly adapters: Adapters,
    readonly data: string,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(
    settings: GivenSettings = {},
    wrap: (adapters: Adapters) => Adapters = (same) => same,
    clock: Clock = systemClock,
  ) {
    const common = { port: '0', 'drain-ms': '0', 'rate-limits': 'off', ...settings } as const;
    if (shapeUnderTest === 'cluster') return RunningServer.startCluster(common, wrap, clock);
    const data = settings.data ?? mkdtempSync(join(tmpdir(), 'parley-'));
    const config = loadConfig({ ...common, data }, {});
    const adapters = wrap(await composeAdapters(config, clock));
    const server = new Server(config, adapters, { clock, argon2: fastArgon2, submitBounds: patientBounds });
    await server.start();
    return new RunningServer([server], adapters, data, async () => rmSync(data, { recursive: true, force: true }));
  }

  private static async startCluster(settings: GivenSettings, wrap: (adapters: Adapters) => Adapters, clock: Clock) {
    // The clients of the services take half a second to load, which embedded tests do not need.
    const { ClusterUnderTest } = await import('./cluster-services.ts');
    const cluster = await ClusterUnderTest.make();
    const config = loadConfig({ ...settings, ...cluster.settings }, {});
    const adapters = wrap(await composeAdapters(config, clock, patientPoolBounds));
    const { close } = adapters;
    // The servers share the adapters; the last one to stop closes them.
    adapters.close = async () => undefined;
    const [first, ...others] = Array.from(
      { length: clusterServers },
      () => new Server(config, adapters, { clock, argon2: fastArgon2, submitBounds: patientBounds }),
    );
    if (!first) throw new Error('a cluster has a server');
    for (const server of [first, ...others]) await server.start();
    return new RunningServer([first, ...others], adapters, '', async () => {
      await close();
      await cluster.remove();
    });
  }

  /** The URL of the first server. */
  get url(): string {
    return this.servers[0].url;
  }

  /** The URLs of the servers in turn. */
  nextUrl(): string {
    return (this.servers[this.turn++ % this.servers.length] ?? this.servers[0]).url;
  }

  async person(username: string, isAdministrator = false): Promise<Person> {
    const nowMs = Date.now();
    const created = await this.adapters.users.create({
      user: { id: systemIds.uuid(), username, displayName: username, passwordHash: 'none', createdAtMs: nowMs },
      administrator: isAdministrator,
      invitation: null,
    });
    if (typeof created === 'string') throw new Error(`${username}: ${created}`);
    const token = systemIds.token();
    const session = { id: systemIds.uuid(), userId: created.id, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    await this.adapters.users.createSession(session, tokenHash(token));
    const { id, displayName, administrator } = created;
    return { account: { id, username, displayName, administrator }, token };
  }

  /** A few are created at a time, because the stores of a cluster bound how long a statement waits for others. */
  async people(prefix: string, count: number): Promise<Person[]> {
    const people: Person[] = [];
    while (people.length < count) {
      const from = people.length;
      const some = Array.from({ length: Math.min(createdAtOnce, count - from) }, (_, index) =>
        this.person(`${prefix}${from + index}`),
      );
      people.push(...(await Promise.all(some)));
    }
    return people;
  }

  call<Id extends OperationId>(person: Person, id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    const api = new HttpApi(this.nextUrl(), patientRuntime);
    api.token = person.token;
    return api.call(id, input);
  }

  /** A bare socket after hello. */
  wire(person: Person, options: { resume?: boolean } = {}): Promise<WireClient> {
    return WireClient.hello(this.nextUrl(), person.token, options);
  }

  /** An SDK client that is not connected yet. */
  async client(person: Person, options: Pick<ClientOptions, 'webSocket'> = {}): Promise<ParleyClient> {
    return clientOf(this.nextUrl(), person, options);
  }

  /** A request from the machine itself, as an administrator makes it. */
  async stats(): Promise<ServerStats> {
    const answer = await this.servers[0].control(new Request('http://control/v1/admin/stats'));
    return (await answer.json()) as ServerStats;
  }

  /** Stops the servers and keeps their data. */
  async stopServers(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }

  async stop(): Promise<void> {
    await this.stopServers();
    await this.release();
  }
}

/** An SDK client with this person's session. */
export async function clientOf(
  url: string,
  { token, account }: Person,
  options: Pick<ClientOptions, 'webSocket'> = {},
): Promise<ParleyClient> {
  const store = new MemoryStore();
  await store.setSession({ token, account });
  const client = new ParleyClient({ ...options, url, store });
  await client.resume();
  return client;
}
