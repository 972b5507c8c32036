import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Admin } from '@platformatic/kafka';
import { clientOptions } from '../../src/adapters/kafka/connection.ts';
import { feedTopic } from '../../src/adapters/kafka/topics.ts';
import { kafkaSettings } from '../../src/compose/cluster.ts';
import { initialiseCluster } from '../../src/compose/cluster-administration.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterUnderTest, clusterShards, onceAvailable } from '../support/cluster-services.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('a cluster whose feed topic is deleted', absent), () => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await ClusterUnderTest.make();
  });
  afterAll(() => cluster?.remove());

  async function deleteFeed(): Promise<string> {
    const settings = kafkaSettings(loadConfig(cluster.settings, {}));
    const topic = feedTopic(settings.clusterName);
    const admin = new Admin(clientOptions(settings));
    await admin.deleteTopics({ topics: [topic] }).finally(() => admin.close());
    return topic;
  }

  const initialise = () =>
    onceAvailable(() =>
      initialiseCluster(loadConfig(cluster.settings, {}), { shards: clusterShards, replicationFactor: 1 }),
    );

  test('acknowledges messages, and counts them once the topic was created again', async () => {
    const server = await ServerProcess.start({ settings: { ...cluster.settings, signup: 'open' } });
    try {
      const ana = await Person.signUp(server.url);
      await ana.send('before');
      await ana.hasTotal(1);
      await deleteFeed();
      for (let count = 0; count < 5; count++) await ana.send(`while-it-is-missing-${count}`);
      await initialise();
      await ana.send('after');
      await ana.hasTotal(7);
    } finally {
      await server.stop();
    }
  });

  test('does not start with any role, and says which topic is missing and what creates it', async () => {
    await initialise();
    const topic = await deleteFeed();
    for (const roles of ['distribution', 'followers', 'gateway,messaging']) {
      const started = ServerProcess.start({ settings: { ...cluster.settings, roles } });
      await expect(started).rejects.toThrow(`there is no topic ${topic}: create it with "parley cluster init"`);
    }
    await initialise();
    const server = await ServerProcess.start({ settings: { ...cluster.settings, roles: 'followers' } });
    await server.stop();
  });
});

/** A user over HTTP: the first, who is the administrator. */
class Person {
  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly conversationId: string,
  ) {}

  static async signUp(url: string): Promise<Person> {
    const { token } = await answerOf<{ token: string }>(url, 'POST /v1/signup', {
      body: { username: 'ana', password: 'a good password' },
    });
    const { id } = await answerOf<{ id: string }>(url, 'POST /v1/groups', { token, body: { name: 'x', userIds: [] } });
    return new Person(url, token, id);
  }

  async send(text: string): Promise<void> {
    const body = { clientMessageId: text, text };
    await answerOf(this.url, `POST /v1/conversations/${this.conversationId}/messages`, { token: this.token, body });
  }

  async hasTotal(messages: number): Promise<void> {
    const { token } = this;
    await until(
      `the totals have ${messages} messages`,
      async () =>
        (await answerOf<{ messages: number }>(this.url, 'GET /v1/admin/stats', { token })).messages === messages,
      { withinMs: 300_000, pauseMs: 200 },
    );
  }
}

async function answerOf<Answer>(
  url: string,
  request: string,
  { token, body }: { token?: string; body?: object },
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${request}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
