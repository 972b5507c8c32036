import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { HttpApi } from '@parley/sdk';
import { freePort } from '../../../../tools/free-port.mjs';
import type { KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { type FetchedRecord, Fetcher } from '../../src/adapters/kafka/fetcher.ts';
import { commandsTopic, mailboxTopic, Topics } from '../../src/adapters/kafka/topics.ts';
import { kafkaSettings } from '../../src/compose/cluster.ts';
import { type HopName, traceHeader } from '../../src/platform/tracing.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterUnderTest } from '../support/cluster-services.ts';
import { RunningServer } from '../support/running-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { WireClient } from '../support/wire-client.ts';
import { type CollectedSpan, Collector, foreignTrace } from './collector.ts';

/** Every hop of a message; each is a child of the one before. */
const way: readonly HopName[] = ['receive', 'append', 'decide', 'deliver', 'fan out'];

function followsTheWay(spans: readonly CollectedSpan[], firstParent: string): void {
  const hops = way.map((name) => spans.find((span) => span.name === name));
  expect(hops.map((hop) => hop?.parentSpanId)).toEqual([
    firstParent,
    ...hops.slice(0, -1).map((hop) => hop?.spanId),
  ] as string[]);
}

interface Someone {
  token: string;
  userId: string;
}

async function someone(url: string, username: string): Promise<Someone> {
  const { token, account } = await new HttpApi(url, { fetch }).call('signup', {
    username,
    password: 'a good password',
  });
  return { token, userId: account.id };
}

/** Sends a message as `from` in a group with `to`, by HTTP with these headers. */
async function say(url: string, from: Someone, to: Someone, headers: Record<string, string>): Promise<string> {
  const api = new HttpApi(url, { fetch });
  api.token = from.token;
  const { id } = await api.call('createGroup', { name: 'group', userIds: [to.userId] });
  const answer = await fetch(`${url}/v1/conversations/${id}/messages`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${from.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ clientMessageId: 'followed', text: 'text' }),
  });
  expect(answer.ok).toBe(true);
  return id;
}

test('in one process, a message has one trace with every hop, whether a caller or the ratio began it', async () => {
  const collector = new Collector();
  const server = await RunningServer.start({ 'otlp-endpoint': collector.endpoint, 'trace-ratio': '1' });
  const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
  const socket = await WireClient.hello(server.url, ben.token);
  const { traceId, headers } = foreignTrace();
  const conversationId = await say(server.url, ana, ben, headers);
  await socket.next('entry', ({ entry }) => entry.kind === 'message');
  const spans = await collector.trace(traceId, way);
  followsTheWay(spans, '00f067aa0ba902b7');
  expect(spans.find(({ name }) => name === 'decide')?.facts).toEqual({
    ...{ outcome: 'done', conversation_id: conversationId, seq: '2' },
  });
  await socket.request({ type: 'send', conversationId, clientMessageId: 'unasked', text: 'text' });
  const received = () => collector.spans.find(({ name, facts }) => name === 'receive' && facts['operation'] === 'send');
  await collector.until(() => received() !== undefined);
  followsTheWay(await collector.trace(received()?.traceId ?? '', way), '');
  expect(JSON.stringify(collector.spans)).not.toContain('"text"');
  await socket.close();
  await server.stop();
  await collector.stop();
});

test('in one process without a ratio, only traces that a caller records are recorded; a refusal is a failed hop', async () => {
  const collector = new Collector();
  const server = await RunningServer.start({ 'otlp-endpoint': collector.endpoint });
  const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
  await say(server.url, ana, ben, {});
  const { traceId, headers } = foreignTrace();
  await fetch(`${server.url}/v1/conversations/${crypto.randomUUID()}/messages`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${ana.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ clientMessageId: 'refused', text: 'text' }),
  });
  const spans = await collector.trace(traceId, ['receive', 'append', 'decide']);
  expect(spans.find(({ name }) => name === 'decide')?.facts).toEqual({ outcome: 'refused', code: 'not_found' });
  expect(spans.find(({ name }) => name === 'receive')?.failed).toBe(true);
  await server.stop();
  const names = new Set(collector.spans.filter((span) => span.traceId !== traceId).map(({ name }) => name));
  expect(names).toEqual(new Set(['distribute']));
  await collector.stop();
});

test('without a collector, messages are delivered and the server stops', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const server = await RunningServer.start({ 'otlp-endpoint': endpoint, 'trace-ratio': '1' });
  const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
  await say(server.url, ana, ben, foreignTrace().headers);
  await server.stop();
});

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('over Kafka', absent), () => {
  let cluster: ClusterUnderTest;
  beforeEach(async () => {
    cluster = await ClusterUnderTest.make();
  });
  afterEach(() => cluster.remove());

  test('in a cluster, a message has one trace through the processes of every role', async () => {
    const collector = new Collector();
    const start = (roles: string) =>
      ServerProcess.start({ settings: { ...cluster.settings, roles, 'otlp-endpoint': collector.endpoint } });
    const [gateway, messaging, distribution] = await Promise.all(['gateway', 'messaging', 'distribution'].map(start));
    if (!gateway || !messaging || !distribution) throw new Error('there is a process of each role');
    const [ana, ben] = [await someone(gateway.url, 'ana'), await someone(gateway.url, 'ben')];
    const socket = await WireClient.hello(messaging.url, ben.token);
    const { traceId, headers } = foreignTrace();
    await say(gateway.url, ana, ben, headers);
    await socket.next('entry', ({ entry }) => entry.kind === 'message');
    const spans = await collector.trace(traceId, way);
    followsTheWay(spans, '00f067aa0ba902b7');
    const rolesOf = (name: HopName) => spans.find((span) => span.name === name)?.resource['roles'];
    expect(way.map(rolesOf)).toEqual(['gateway', 'gateway', 'distribution', 'distribution', 'messaging']);

    const [batch] = await collector.shared(traceId);
    expect(batch?.facts).toEqual({ commands_followed: '1' });
    const decided = spans.find(({ name }) => name === 'decide');
    expect(batch?.links.map(({ spanId }) => spanId)).toEqual([decided?.parentSpanId ?? '']);
    expect(decided?.links.map(({ spanId }) => spanId)).toEqual([batch?.spanId ?? '']);
    await socket.close();
    await Promise.all([gateway, messaging, distribution].map((process) => process.stop()));
    await collector.stop();
  });

  test('the trace is in a header of the records, not in their content, also when Parley does not record it', async () => {
    const server = await ServerProcess.start({ settings: cluster.settings });
    const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
    const socket = await WireClient.hello(server.url, ben.token);
    const { header, headers } = foreignTrace();
    await say(server.url, ana, ben, headers);
    await socket.next('entry', ({ entry }) => entry.kind === 'message');

    const settings = kafkaSettings(loadConfig(cluster.settings, {}));
    const topics = new Topics(settings);
    const [serverId = ''] = await topics.mailboxes();
    const { clusterName } = settings;
    const shards = await topics.partitionsOf(commandsTopic(clusterName));
    const topicsWithPartitions = [
      [commandsTopic(clusterName), shards],
      [mailboxTopic(clusterName, serverId), [0]],
    ] as const;
    for (const [topic, partitions] of topicsWithPartitions) {
      // The sender's own copy belongs to the sender's hop and carries no trace.
      const carries = ({ value }: FetchedRecord) => value.includes('"followed"') && !value.includes('"outcome"');
      const record = await firstRecord(settings, topic, partitions, carries);
      const headers = record.headers.map(([name, value]) => [String(name), String(value)]);
      expect(headers).toContainEqual([traceHeader, header]);
      expect(record.value.toString()).not.toContain(header);
    }
    await topics.close();
    await socket.close();
    await server.stop();
  });
});

/** The first matching record of the topic, in any partition. */
async function firstRecord(
  settings: KafkaSettings,
  topic: string,
  partitions: readonly number[],
  fits: (record: FetchedRecord) => boolean,
): Promise<FetchedRecord> {
  const found = Promise.withResolvers<FetchedRecord>();
  const fetcher = new Fetcher({
    ...{ settings, topic, mayMiss: true, hasRoom: () => true },
    receive: (_partition, records) => {
      for (const record of records) if (fits(record)) found.resolve(record);
    },
  });
  fetcher.assign(new Map(partitions.map((partition) => [partition, 0n])));
  const record = await found.promise;
  await fetcher.close();
  return record;
}
