import { afterEach, beforeEach, expect, test } from 'bun:test';
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
  expect(ana.frames.find(({ type }) => type === 'welcome')).toMatchObject({ features: [] });
  expect(await told()).toBeUndefined();
  cluster.level = trialLevel;
  let features: unknown;
  await until('a pong names the features', async () => {
    cluster.clock.advance(1_000);
    features = await told();
    return features !== undefined;
  });
  expect(features).toEqual([trialFeature]);
  expect(await told()).toBeUndefined();
});
