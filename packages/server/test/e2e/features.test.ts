import { afterAll, beforeAll, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { featuresAt, supportedLevel } from '../../src/platform/features.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { addTrialFeature, trialFeature, trialLevel } from '../support/trial-feature.ts';

let server: RunningServer;
let ana: Person;
beforeAll(async () => {
  server = await RunningServer.start();
  ana = await server.person('ana');
});
afterAll(() => server.stop());

test("welcome names the server's features, and the client answers with its own", async () => {
  const client = await server.wire(ana);
  expect((await client.next('welcome')).features).toEqual(featuresAt(supportedLevel()));
  client.send({ type: 'features', features: [trialFeature, 'of_a_newer_client'] });
  client.send({ type: 'features', features: [] });
  expect((await client.request({ type: 'ping' })).type).toBe('pong');
  expect(client.of('error')).toEqual([]);
  await client.close();
});

test('features that break a limit are refused, naming the field, and the connection stays open', async () => {
  const client = await server.wire(ana);
  const many = Array.from({ length: limits.features + 1 }, () => 'x');
  for (const features of [many, ['x'.repeat(limits.featureNameLength + 1)], 'x', ['Not a name'], [''], [7], null]) {
    client.sendRaw(JSON.stringify({ type: 'features', features }));
  }
  await client.request({ type: 'ping' });
  const errors = client.of('error');
  expect(errors.map(({ code, field }) => [code, field?.split('/')[1]])).toEqual(
    errors.map(() => ['invalid_request', 'features']),
  );
  expect(errors).toHaveLength(7);
  await client.close();
});

test('a server of a later version has its features in the welcome', async () => {
  const undo = addTrialFeature();
  const later = await RunningServer.start();
  try {
    const client = await later.wire(await later.person('ben'));
    expect((await client.next('welcome')).features).toEqual(featuresAt(trialLevel));
    await client.close();
  } finally {
    undo();
    await later.stop();
  }
});
