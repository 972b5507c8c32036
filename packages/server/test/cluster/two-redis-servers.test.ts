import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Conversation, ParleyClient } from '@parley/sdk';
import type { Recorder } from '../../src/checker/recorder.ts';
import { openServices } from '../../src/compose/cluster.ts';
import { clusterStatus, replaceRedis } from '../../src/compose/cluster-administration.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { CheckedRecording } from '../support/checked-recording.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { onceAvailable, sharedServices } from '../support/cluster-services.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { recordedClient } from '../support/recorded-client.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';

const password = 'a good password';
const signUpsMax = 40;
const patience = { withinMs: 200_000, pauseMs: 20 };
const withoutRedis = Bun.which('redis-server') === null ? 'no redis-server is installed' : null;
const absent = withoutHaproxy ?? withoutRedis ?? withoutService('kafka') ?? withoutService('postgres');

/** A person, with what a recorded client of theirs shows of the conversation of all. */
class Person {
  readonly texts: string[] = [];
  private constructor(
    readonly client: ParleyClient,
    readonly name: string,
  ) {
    client.on('entry', (entry) => {
      if (entry.kind === 'message' && entry.text !== null) this.texts.push(entry.text);
    });
  }

  static async signUp(url: string, name: string, recorder: Recorder): Promise<Person> {
    const person = new Person(recordedClient(recorder, name, { url }).client, name);
    await person.client.signup({ username: name, password });
    person.client.connect();
    await person.client.live();
    return person;
  }

  /** The number of the Redis server that has this person. */
  get server(): number {
    return shardOf(this.client.account?.id ?? '', 2);
  }

  async conversation(id: string): Promise<Conversation> {
    await until(`${this.name} has the conversation`, () => this.client.conversations.get(id) !== undefined, patience);
    return this.client.conversations.get(id) as Conversation;
  }

  async say(id: string, text: string): Promise<void> {
    await (await this.conversation(id)).send(text).sent();
  }

  sees(text: string): Promise<void> {
    return until(`${this.name} sees "${text}"`, () => this.texts.includes(text), patience);
  }
}

describe.skipIf(absent !== null)(titleWith('a cluster on two Redis servers, of which one fails', absent), () => {
  let redis: [OwnRedis, OwnRedis];
  let cluster: ClusterProcesses;
  let people: Person[] = [];
  /** Two people on the first server, which goes on, and two on the second, which fails. */
  let [ana, ben, cleo, dan]: Person[] = [];
  let id: string;
  let recording: CheckedRecording;

  beforeAll(async () => {
    recording = new CheckedRecording();
    redis = [await OwnRedis.start(), await OwnRedis.start()];
    const services = { ...sharedServices(), redis: `one=${redis[0].url},two=${redis[1].url}` };
    cluster = await ClusterProcesses.start(services);
    const on = (server: number) => people.filter((person) => person.server === server);
    for (let count = 0; count < signUpsMax && (on(0).length < 2 || on(1).length < 2); count++) {
      people.push(await Person.signUp(cluster.url, `person${count}`, recording.recorder));
    }
    [ana, ben, cleo, dan] = [...on(0).slice(0, 2), ...on(1).slice(0, 2)];
    people = people.filter((person) => [ana, ben, cleo, dan].includes(person));
    const userIds = [ben, cleo, dan].map((person) => person?.client.account?.id ?? '');
    ({ id } = await (ana as Person).client.conversations.createGroup({ name: 'all', userIds }));
    for (const person of people) await person.conversation(id);
  });
  afterAll(async () => {
    for (const { client } of people) client.close();
    await cluster?.stop();
    await Promise.all((redis ?? []).map((each) => each.remove()));
    await recording?.remove();
  });

  const all = () => [ana, ben, cleo, dan] as [Person, Person, Person, Person];

  /** Messages while the second server is away, as they are for the people of the first one. */
  async function talkWithoutSecond(name: string): Promise<string[]> {
    const [first, second, third] = all();
    await first.say(id, `${name}: while it is away`);
    await second.sees(`${name}: while it is away`);
    // Commands of the others are carried out as well.
    await third.say(id, `${name}: from the other server`);
    for (const person of [first, second]) await person.sees(`${name}: from the other server`);
    // A person of the first server can log in and connect.
    const { client: other } = recordedClient(recording.recorder, `${name}: other`, { url: cluster.url });
    await other.login({ username: second.name, password });
    other.connect();
    await other.live();
    expect(other.conversations.get(id)).toBeDefined();
    other.close();
    return [`${name}: while it is away`, `${name}: from the other server`];
  }

  /** Everybody has everything, messages arrive live, and nothing broke the contract. */
  async function untilWhole(name: string, missed: readonly string[]): Promise<void> {
    const [first, , third, fourth] = all();
    for (const text of missed) for (const person of [third, fourth]) await person.sees(text);
    await until(
      'the people of the server that was away receive messages live',
      async () => {
        const text = `${name}: live ${Math.random()}`;
        await first.say(id, text);
        await Promise.race([Promise.all([third.sees(text), fourth.sees(text)]), Bun.sleep(2_000)]);
        return third.texts.includes(text) && fourth.texts.includes(text);
      },
      patience,
    );
    await recording.mustHold();
  }

  test('people on the other server talk; those on it catch up when it was started again', async () => {
    await redis[1].kill();
    const missed = await talkWithoutSecond('killed');
    await until(
      'the report has what is in the first Redis, and says that the second does not answer',
      async () => {
        const status = await onceAvailable(() => clusterStatus(loadConfig(cluster.settings, {})));
        const { liveServers, usersOnline, redis: servers } = status;
        expect(servers['two']).toContain('does not answer');
        return servers['one'] === null && Number(liveServers) > 0 && Number(usersOnline) >= 2;
      },
      patience,
    );
    await redis[1].startAgain();
    await untilWhole('killed', missed);
  });

  test('the same for a server that hangs until its leases have expired', async () => {
    redis[1].signal('SIGSTOP');
    const missed = await talkWithoutSecond('paused');
    redis[1].signal('SIGCONT');
    await untilWhole('paused', missed);
  });

  test('a process with another list of servers is refused at the start', async () => {
    const { settings } = cluster;
    const config = loadConfig({ ...settings, redis: redis[0].url }, {});
    const opened = onceAvailable(() => openServices(config));
    await expect(opened).rejects.toThrow(/--redis: Redis at .* is marked as server one of one,two/);
  });

  test('processes whose list is not that of the cluster any more close what they opened, and exit with status 1', async () => {
    const config = loadConfig({ ...cluster.settings, redis: redis[0].url }, {});
    await onceAvailable(() => replaceRedis(config));
    const withRegistry = cluster.slots.filter(({ role }) => role !== 'followers');
    expect(await Promise.all(withRegistry.map((slot) => slot.ended))).toEqual(withRegistry.map(() => 1));
    for (const { lines } of withRegistry) expect(lines.at(-1)).toMatch(/^parley: --redis: Redis at .* is marked as/);
    // Each edge removed its mailbox and gave up its lease.
    const services = await onceAvailable(() => openServices(config));
    await until('the brokers list no mailbox', async () => (await services.topics.mailboxes()).length === 0, patience);
    expect(await services.redis.registry().liveServers()).toEqual([]);
    await services.close();
  });
});
