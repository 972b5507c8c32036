import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadSetting } from '../src/settings/bad-setting.ts';
import { type GivenSettings, loadConfig, settings } from '../src/settings/settings.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, `${Bun.randomUUIDv7()}.json`);
  writeFileSync(path, content);
  return path;
}

test('every setting has a valid default', () => {
  const config = loadConfig({}, {});
  expect(Object.keys(config)).toEqual(Object.keys(settings));
  expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', data: 'data', signup: 'open', 'metrics-port': 'off' });
});

test('a flag overrides the environment, which overrides the file, which overrides the default', () => {
  const path = file('{"port": 1, "signup": "closed", "drain-ms": 7}');
  const config = loadConfig({ port: '3' }, { PARLEY_PORT: '2', PARLEY_SIGNUP: 'invitation' }, path);
  expect(config).toMatchObject({ port: 3, signup: 'invitation', 'drain-ms': 7 });
});

test('variables of other commands are ignored', () => {
  const others = { PARLEY_PASSWORD: 'a good password', PARLEY_SERVER: 'http://localhost:8080' };
  expect(loadConfig({}, others)).toEqual(loadConfig({}, {}));
});

describe('a bad setting is refused with its name, its value and what is allowed', () => {
  const bad: [string, () => unknown, string][] = [
    ['a flag', () => loadConfig({ port: '99999' }, {}), '--port: "99999" must be a whole number from 0 to 65535'],
    [
      'a variable',
      () => loadConfig({}, { PARLEY_SIGNUP: 'maybe' }),
      'PARLEY_SIGNUP: "maybe" must be one of: open, invitation, closed',
    ],
    ['days of a session', () => loadConfig({ 'session-days': '-1' }, {}), 'must be "off" or a whole number of days'],
    ['an unknown variable', () => loadConfig({}, { PARLEY_PROT: '1' }), 'PARLEY_PROT is not a setting'],
    ['an unknown key', () => loadConfig({}, {}, file('{"prot": 1}')), 'has "prot", which is not a setting'],
    ['a file that is not JSON', () => loadConfig({}, {}, file('port=1')), 'cannot be read as JSON'],
    ['a file that is a list', () => loadConfig({}, {}, file('[1]')), 'must hold one JSON object'],
    ['an object', () => loadConfig({}, {}, file('{"port": {"toString": null}}')), 'must be a text, a number'],
    ['a list', () => loadConfig({}, {}, file('{"roles": ["gateway"]}')), '"roles" in '],
    ['null', () => loadConfig({}, {}, file('{"signup": null}')), '"signup" in '],
    ['a missing file', () => loadConfig({}, {}, join(folder, 'nothing')), 'cannot be read as JSON'],
    [
      'an invalid proxy',
      () => loadConfig({ 'trusted-proxies': '10.0.0.0/8,nonsense' }, {}),
      'must be addresses or networks',
    ],
    ...['foo', 'https://app.example.org/', 'app.example.org', 'https://app.example.org:443', 'null', '*'].map(
      (origin): (typeof bad)[number] => [
        `an invalid origin: ${origin}`,
        () => loadConfig({ 'allowed-origins': `https://a.example,${origin}` }, {}),
        '--allowed-origins:',
      ],
    ),
    [
      'a collector with a path',
      () => loadConfig({ 'otlp-endpoint': 'http://collector:4318/v1/traces' }, {}),
      '--otlp-endpoint: "http://collector:4318/v1/traces" must be a URL like http://collector:4318',
    ],
    [
      'a share above 1',
      () => loadConfig({}, { PARLEY_TRACE_RATIO: '1.5' }),
      'PARLEY_TRACE_RATIO: "1.5" must be a number from 0 to 1',
    ],
    [
      'traces without a collector',
      () => loadConfig({ 'trace-ratio': '0.1' }, {}),
      '--trace-ratio needs --otlp-endpoint',
    ],
    ['an empty folder', () => loadConfig({ data: '' }, {}), '--data: "" must not be empty'],
  ];
  for (const [name, load, message] of bad) {
    test(name, () => {
      expect(load).toThrow(BadSetting);
      expect(load).toThrow(message);
    });
  }
});

describe('settings of a cluster', () => {
  const cluster = {
    ...{ shape: 'cluster', postgres: 'main=postgres://127.0.0.1:5432/parley', kafka: '127.0.0.1:9092' },
    redis: 'redis://localhost:6379',
  };

  test('are read, with roles as a set and servers by name', () => {
    const config = loadConfig(
      { ...cluster, roles: 'messaging, distribution', 'otlp-endpoint': 'http://[::1]:4318' },
      {},
    );
    expect([...config.roles]).toEqual(['messaging', 'distribution']);
    expect(config.postgres).toEqual([{ name: 'main', url: 'postgres://127.0.0.1:5432/parley' }]);
  });

  test('load balancers get time to notice that a process stops, unless the setting says otherwise', () => {
    expect(loadConfig({}, {})['drain-notice-ms']).toBe(0);
    expect(loadConfig(cluster, {})['drain-notice-ms']).toBe(2_000);
    expect(loadConfig({ ...cluster, 'drain-notice-ms': '0' }, {})['drain-notice-ms']).toBe(0);
  });

  const remote = {
    postgres: 'main=postgres://parley:secret@db.example:5432/parley?sslmode=verify-full',
    kafka: 'kafka.example:9093',
    'kafka-tls': 'on',
    'kafka-sasl': 'PLAIN',
    'kafka-username': 'parley',
    'kafka-password': 'secret',
    redis: 'rediss://:secret@redis.example:6380',
  };

  test('services on other machines need TLS and a password, unless that is switched off explicitly', () => {
    expect(loadConfig({ ...cluster, ...remote }, {}).shape).toBe('cluster');
    const insecure = { ...cluster, redis: 'redis://redis.example', 'allow-insecure-services': 'on' };
    expect(loadConfig(insecure, {}).redis).toEqual([{ name: 'redis', url: 'redis://redis.example' }]);
  });

  test('Redis is one server, whose URL may contain commas, or several with names', () => {
    const serversOf = (redis: string) => loadConfig({ ...cluster, redis }, {}).redis;
    expect(serversOf(' redis://:a,b@localhost ')).toEqual([{ name: 'redis', url: 'redis://:a,b@localhost' }]);
    expect(serversOf('b=redis://localhost:2, a=redis://localhost:1')).toEqual([
      { name: 'b', url: 'redis://localhost:2' },
      { name: 'a', url: 'redis://localhost:1' },
    ]);
  });

  const bad: [string, GivenSettings, string][] = [
    ['no PostgreSQL', { ...cluster, postgres: '' }, '--postgres: a cluster needs one PostgreSQL server or more'],
    ['no Kafka', { ...cluster, kafka: '' }, '--kafka: a cluster needs the addresses of Kafka brokers'],
    ['no Redis', { ...cluster, redis: '' }, '--redis: a cluster needs the URL of a Redis'],
    ['a server without a name', { ...cluster, postgres: 'postgres://127.0.0.1/x' }, 'must be servers like main='],
    ['one name twice', { ...cluster, postgres: 'a=postgres://h/x,a=postgres://h/y' }, 'a different name'],
    ['a broker without a port', { ...cluster, kafka: 'localhost' }, 'must be brokers like host:9092'],
    ['an invalid URL of Redis', { ...cluster, redis: 'http://localhost' }, 'must be a URL like redis://'],
    ['a Redis without a name', { ...cluster, redis: 'redis://h,redis://i' }, 'or servers like one=redis://'],
    ['one Redis without a name', { ...cluster, redis: 'redis://h,two=redis://i' }, 'or servers like one=redis://'],
    [
      'one PostgreSQL twice',
      { ...cluster, postgres: 'a=postgres://h/x,b=postgres://u:p@h:5432/x' },
      'different address',
    ],
    ['one Redis twice', { ...cluster, redis: 'a=redis://h,b=redis://:secret@h:6379/0' }, 'a different address'],
    ['a name of two Redis servers', { ...cluster, redis: 'a=redis://h,a=redis://i' }, 'a different name'],
    [
      'the second of two Redis servers elsewhere without TLS',
      { ...cluster, redis: 'a=redis://localhost,b=redis://:secret@redis.example' },
      'redis.example needs TLS',
    ],
    ['an unknown role', { ...cluster, roles: 'gateway,mail' }, 'gateway, messaging, distribution'],
    ['no role', { ...cluster, roles: '' }, 'must name one or more of'],
    ['a name that cannot be a schema', { ...cluster, 'cluster-name': 'Parley-1' }, 'must be a lower-case letter'],
    ['services of an embedded server', { kafka: '127.0.0.1:9092' }, '--kafka is for --shape cluster'],
    ['roles of an embedded server', { roles: 'gateway' }, '--roles is for --shape cluster'],
    ['SASL without a password', { ...cluster, 'kafka-sasl': 'PLAIN' }, 'needs --kafka-username and --kafka-password'],
    [
      'PostgreSQL elsewhere without TLS',
      { ...cluster, postgres: 'main=postgres://parley:secret@db.example/x' },
      'main on db.example needs TLS',
    ],
    [
      'PostgreSQL elsewhere without a password',
      { ...cluster, postgres: 'main=postgres://db.example/x?sslmode=require' },
      'main on db.example needs a password',
    ],
    ['Redis elsewhere without TLS', { ...cluster, redis: 'redis://:secret@redis.example' }, 'redis.example needs TLS'],
    ['Redis elsewhere without a password', { ...cluster, redis: 'rediss://redis.example' }, 'needs a password'],
    ['Kafka elsewhere without TLS', { ...cluster, kafka: 'kafka.example:9092' }, 'kafka.example:9092 needs TLS'],
    [
      'a collector elsewhere without TLS',
      { ...cluster, 'otlp-endpoint': 'http://collector.example:4318' },
      'collector.example needs TLS: use https://',
    ],
    [
      'Kafka elsewhere without authentication',
      { ...cluster, kafka: 'kafka.example:9092', 'kafka-tls': 'on' },
      'needs authentication: --kafka-sasl',
    ],
  ];
  for (const [name, given, message] of bad) {
    test(`refused: ${name}`, () => {
      expect(() => loadConfig(given, {})).toThrow(BadSetting);
      expect(() => loadConfig(given, {})).toThrow(message);
    });
  }
});
