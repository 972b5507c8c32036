import { afterEach, beforeEach, expect, test } from 'bun:test';
import { featuresAt, firstLevel, levelOf } from '../../src/platform/features.ts';
import { addTrialFeature, trialFeature, trialLevel } from '../support/trial-feature.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

let undo: () => void;
beforeEach(() => {
  undo = addTrialFeature();
});
afterEach(() => undo());

async function anaOn(cluster: ClusterUnderTest) {
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  return server.connect('ana');
}

test('a connection keeps the features of its client that the server knows', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const ana = await anaOn(cluster);
  expect(ana.connection.features.size).toBe(0);
  ana.receives({ type: 'features', features: [trialFeature, 'unknown', 'constructor'] });
  await ana.asks({ type: 'ping' });
  expect(ana.connection.features).toEqual(new Set([trialFeature]));
  ana.receives({ type: 'features', features: [] });
  await ana.asks({ type: 'ping' });
  expect(ana.connection.features.size).toBe(0);
});

test('a connected client receives newly enabled features once, with a pong', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const ana = await anaOn(cluster);
  const told = async () => {
    const pong = await ana.asks({ type: 'ping' });
    return pong.type === 'pong' ? pong.features : pong;
  };
  expect(ana.frames.find(({ type }) => type === 'welcome')).toMatchObject({ features: featuresAt(firstLevel) });
  expect(await told()).toBeUndefined();
  cluster.level = trialLevel;
  let features: unknown;
  await until('a pong names the features', async () => {
    cluster.clock.advance(1_000);
    features = await told();
    return features !== undefined;
  });
  expect(features).toEqual(featuresAt(trialLevel));
  expect(await told()).toBeUndefined();
});

test('a ban is refused until the store enables it, and bans nobody before', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const [{ userId: ana }, { userId: ben }] = [await cluster.user('ana'), await cluster.user('ben')];
  const { id } = await server.conversations.createChannel(ana, { name: 'Harbour' });
  await expect(server.conversations.ban(ana, id, ben)).rejects.toMatchObject({ code: 'feature_not_enabled' });
  await server.conversations.join(ben, id);
  cluster.level = levelOf('bans');
  await until('bans are enabled', async () => {
    cluster.clock.advance(1_000);
    return server.conversations.ban(ana, id, ben).then(
      () => true,
      () => false,
    );
  });
  await expect(server.conversations.join(ben, id)).rejects.toMatchObject({ code: 'banned' });
});
