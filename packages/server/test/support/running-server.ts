import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, InputOf, OperationId, ResponseOf, ServerStats } from '@parley/protocol';
import { HttpApi, MemoryStore, ParleyClient } from '@parley/sdk';
import type { Adapters } from '../../src/compose/adapters.ts';
import { embeddedAdapters } from '../../src/compose/embedded.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemIds, tokenHash } from '../../src/platform/ids.ts';
import { Server } from '../../src/server.ts';
import { type GivenSettings, loadConfig } from '../../src/settings/settings.ts';
import { WireClient } from './wire-client.ts';

/** Somebody with a session, made past the password hashing that a test of something else needn't wait for. */
export interface Person {
  account: Account;
  token: string;
}

/** A whole embedded server in this process, on a free port, with a data folder of its own. */
export class RunningServer {
  private constructor(
    readonly server: Server,
    readonly adapters: Adapters,
    readonly data: string,
  ) {}

  static async start(settings: GivenSettings = {}, wrap: (adapters: Adapters) => Adapters = (same) => same) {
    const data = settings.data ?? mkdtempSync(join(tmpdir(), 'parley-'));
    const config = loadConfig({ port: '0', 'drain-ms': '0', 'rate-limits': 'off', ...settings, data }, {});
    const adapters = wrap(embeddedAdapters(data, systemClock));
    const server = new Server(adapters, config);
    await server.start();
    return new RunningServer(server, adapters, data);
  }

  get url(): string {
    return this.server.url;
  }

  async person(username: string): Promise<Person> {
    const nowMs = Date.now();
    const created = await this.adapters.users.create({
      user: { id: systemIds.uuid(), username, displayName: username, passwordHash: 'none', createdAtMs: nowMs },
      administrator: false,
      invitation: null,
    });
    if (typeof created === 'string') throw new Error(`${username}: ${created}`);
    const token = systemIds.token();
    const session = { id: systemIds.uuid(), userId: created.id, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    await this.adapters.users.createSession(session, tokenHash(token));
    const { id, displayName, administrator } = created;
    return { account: { id, username, displayName, administrator }, token };
  }

  people(prefix: string, count: number): Promise<Person[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.person(`${prefix}${index}`)));
  }

  call<Id extends OperationId>(person: Person, id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    const api = new HttpApi(this.url, { fetch });
    api.token = person.token;
    return api.call(id, input);
  }

  /** A bare socket that has said hello. */
  wire(person: Person, options: { resume?: boolean } = {}): Promise<WireClient> {
    return WireClient.hello(this.url, person.token, options);
  }

  /** An SDK client, not connected yet. */
  async client(person: Person): Promise<ParleyClient> {
    return clientOf(this.url, person);
  }

  /** As the administrator at the machine sees it. */
  async stats(): Promise<ServerStats> {
    const answer = await this.server.control(new Request('http://control/v1/admin/stats'));
    return (await answer.json()) as ServerStats;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** An SDK client that holds this person's session. */
export async function clientOf(url: string, { token, account }: Person): Promise<ParleyClient> {
  const store = new MemoryStore();
  await store.setSession({ token, account });
  const client = new ParleyClient({ url, store });
  await client.resume();
  return client;
}
