import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { DCLinter } from 'dclint';
import { freePort } from '../../../../tools/free-port.mjs';
import { loadConfig } from '../../src/settings/settings.ts';
import { Backend } from './backend.ts';
import { composeFile, composeService, exampleVariables, variablesTaken } from './compose-file.ts';
import { deployedPath, deployedText, durationMs, imageEnvironment, processPort } from './deployed-files.ts';

const services = Object.entries(composeFile.services);
const processes = services.filter(([, { image }]) => image === 'parley');
const kafka = services.filter(([name]) => name.startsWith('kafka-'));
/** Deliberate deviations from the linter's rules: the order of keys, quotes, and ports that are open to the public. */
const matterOfTaste = [
  'services-alphabetical-order',
  'service-keys-order',
  'top-level-properties-order',
  'require-quotes-in-ports',
  'no-quotes-in-volumes',
  'no-unbound-port-interfaces',
];

test('the file follows the Compose Specification', () => {
  const linter = new DCLinter({
    rules: Object.fromEntries(matterOfTaste.map((rule) => [rule, 0 as const])),
    quiet: true,
    debug: false,
    exclude: [],
  });
  const messages = linter.lintFiles([deployedPath('compose.yaml')], false).flatMap((result) => result.messages);
  expect(messages).toEqual([]);
});

test('the example has exactly the variables that the file reads', () => {
  expect(new Set(Object.keys(exampleVariables))).toEqual(variablesTaken as Set<string>);
});

describe('every process of Parley', () => {
  const configOf = (name: string) => loadConfig({}, { ...imageEnvironment(), ...composeService(name).environment });

  test.each(processes)('%s has valid settings', (name) => {
    const config = configOf(name);
    expect(config).toMatchObject({ shape: 'cluster', port: processPort, 'allow-single-broker': 'off' });
    expect(config.kafka).toEqual(kafka.map(([broker]) => `${broker}:9092`));
  });

  test('there are two processes of each role, each with one role', () => {
    const roles = processes
      .filter(([name]) => name !== 'initialise')
      .map(([name, { deploy }]) => [name, [...configOf(name).roles].join(), deploy?.replicas]);
    expect(roles).toEqual(['gateway', 'messaging', 'distribution', 'followers'].map((role) => [role, role, 2]));
  });

  test.each(processes)('%s has enough time to stop for a drain', (name, { stop_grace_period }) => {
    const config = configOf(name);
    const finishMs = 5_000;
    const drainMs = config['drain-notice-ms'] + config['drain-ms'] + finishMs;
    expect(durationMs(stop_grace_period ?? '10s')).toBeGreaterThan(drainMs);
  });

  test('processes start after the cluster was initialised, which starts after all services are up', () => {
    for (const [name, { depends_on }] of processes.filter(([each]) => each !== 'initialise')) {
      expect([name, depends_on]).toEqual([name, { initialise: { condition: 'service_completed_successfully' } }]);
    }
    const needed = [...kafka.map(([name]) => name), 'postgres', 'redis'];
    expect(composeService('initialise').depends_on).toEqual(
      Object.fromEntries(needed.map((name) => [name, { condition: 'service_healthy' }])),
    );
  });

  test('they trust the proxy headers of HAProxy, which alone is reachable from outside', () => {
    const { subnet } = composeFile.networks['public']?.ipam?.config[0] ?? { subnet: '' };
    expect(configOf('messaging')['trusted-proxies']).toEqual([subnet]);
    expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['haproxy']);
    expect(composeFile.networks['services']?.internal).toBe(true);
    for (const [name, { networks }] of services) {
      expect([name, networks?.includes('public')]).toEqual([name, ['haproxy', 'gateway', 'messaging'].includes(name)]);
    }
  });
});

test('an acknowledged message is on two brokers of three', () => {
  expect(kafka).toHaveLength(3);
  const command = composeService('initialise').command ?? [];
  expect(command.slice(0, 2)).toEqual(['cluster', 'init']);
  expect(command[command.indexOf('--replication-factor') + 1]).toBe('3');
  const voters = kafka.map(([name], index) => `${index + 1}@${name}:9093`).join(',');
  for (const [index, [name, { environment = {}, volumes }]] of kafka.entries()) {
    expect(environment).toMatchObject({
      KAFKA_NODE_ID: String(index + 1),
      KAFKA_CONTROLLER_QUORUM_VOTERS: voters,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${name}:9092`,
      KAFKA_MIN_INSYNC_REPLICAS: '2',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    });
    expect(Buffer.from(environment['CLUSTER_ID'] ?? '', 'base64url')).toHaveLength(16);
    expect(volumes).toEqual([`${name}:${environment['KAFKA_LOG_DIRS']}`]);
  }
});

test('services with data have a volume, and services that exit are restarted', () => {
  const used = services.flatMap(([, { volumes = [] }]) => volumes.filter((volume) => !volume.startsWith('.')));
  expect(used.map((volume) => volume.split(':')[0] ?? '')).toEqual(Object.keys(composeFile.volumes));
  expect(composeService('postgres').volumes).toEqual(['postgres:/var/lib/postgresql/data']);
  for (const [name, { restart }] of services) {
    expect([name, restart]).toEqual([name, name === 'initialise' ? 'no' : 'unless-stopped']);
  }
});

test('HAProxy has the configuration that the tests run, and its ports are published', () => {
  const { command = [], volumes = [], ports = [] } = composeService('haproxy');
  const files = command.filter((_argument, index) => command[index - 1] === '-f');
  expect(volumes).toContain('./haproxy:/usr/local/etc/haproxy:ro');
  for (const file of files) expect(existsSync(deployedPath(file.replace('/usr/local/etc/', '')))).toBe(true);
  expect(files).toHaveLength(2);
  expect(ports).toEqual([`${exampleVariables['HTTP_PORT']}:8080`, `${exampleVariables['HTTPS_PORT']}:8443`]);
  expect(deployedText('haproxy/haproxy.cfg')).toContain('presetenv PARLEY_BIND :8080');
  expect(deployedText('compose.yaml')).toContain('PARLEY_TLS_BIND=:8443');
});

describe('health checks', () => {
  const backend = new Backend('process');
  afterAll(() => backend.stop());

  async function healthy(port: number): Promise<boolean> {
    const [kind, ...command] = composeService('messaging').healthcheck?.test ?? [];
    expect(kind).toBe('CMD');
    const toPort = command.map((part) => part.replace(`/${processPort} `, `/${port} `));
    return (await Bun.spawn(toPort, { stdio: ['ignore', 'ignore', 'ignore'] }).exited) === 0;
  }

  test('check whether a process is ready', async () => {
    backend.ready = true;
    expect(await healthy(backend.port)).toBe(true);
    backend.ready = false;
    expect(await healthy(backend.port)).toBe(false);
    expect(await healthy(await freePort())).toBe(false);
  });

  test('exist for every service that keeps running', () => {
    for (const [name, { healthcheck }] of services.filter(([each]) => each !== 'initialise')) {
      expect([name, healthcheck?.test?.[0]]).toEqual([name, 'CMD']);
    }
  });
});
