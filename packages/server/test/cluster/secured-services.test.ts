import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient } from '@parley/sdk';
import type { GivenSettings } from '../../src/settings/settings.ts';
import { makeCertificate } from '../support/certificate.ts';
import { ClusterUnderTest } from '../support/cluster-services.ts';
import { OwnBrokers, withoutOwnBrokers } from '../support/own-brokers.ts';
import { OwnPostgres, withoutOwnPostgres } from '../support/own-postgres.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith } from '../support/services.ts';

const password = 'right-password';
const wrong = 'wrong-password';
const withoutRedis = Bun.which('redis-server') === null ? 'no redis-server is installed' : null;
const withoutOpenssl = Bun.which('openssl') === null ? 'no openssl is installed' : null;
const absent = withoutOwnPostgres ?? withoutOwnBrokers ?? withoutRedis ?? withoutOpenssl;
describe.skipIf(absent !== null)(titleWith('services with TLS and passwords', absent), () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-secured-'));
  let certificate: string;
  let postgres: OwnPostgres;
  let redis: OwnRedis;
  let brokers: OwnBrokers;
  let cluster: ClusterUnderTest;
  let plain: GivenSettings;
  let secured: GivenSettings;

  beforeAll(async () => {
    const files = makeCertificate(folder);
    certificate = files.certificate;
    [postgres, redis, brokers] = await Promise.all([
      ...([
        OwnPostgres.start({ password, certificate: files.together }),
        OwnRedis.startWithTls(files, '--requirepass', password),
        OwnBrokers.start(1, { certificate: files.together, username: 'parley', password }),
      ] as const),
    ]);
    const services = { kafka: brokers.addresses, postgres: postgres.url, redis: redis.url };
    cluster = await ClusterUnderTest.make({ ...services, redis: redis.url.replace('//', `//:${password}@`) });
    plain = cluster.settings;
    secured = {
      ...plain,
      postgres:
        plain.postgres?.replaceAll('@127.0.0.1', '@localhost').replaceAll(/(?=,|$)/g, '?sslmode=verify-full') ?? '',
      redis: `rediss://:${password}@localhost:${redis.tlsPort}`,
      kafka: brokers.secureAddresses,
      ...kafkaSecurity(password),
    };
  });
  afterAll(async () => {
    await cluster?.remove();
    await Promise.all([postgres?.remove(), redis?.remove(), brokers?.remove()]);
    rmSync(folder, { recursive: true });
  });

  /** Starts a process; `trusting` adds the services' certificate to those that it trusts. */
  function serve(settings: GivenSettings, trusting = true): Promise<ServerProcess> {
    return ServerProcess.start({ settings, ...(trusting && { environment: { NODE_EXTRA_CA_CERTS: certificate } }) });
  }

  test('a process serves with them: users sign up and exchange messages', async () => {
    const server = await serve(secured);
    const [ana, ben] = await Promise.all(
      ['ana', 'ben'].map(async (username) => {
        const client = new ParleyClient({ url: server.url });
        await client.signup({ username, password: 'a good password' });
        client.connect();
        await client.live();
        return client;
      }),
    );
    const heard = new Promise((resolve) =>
      ben?.on('entry', (entry) => entry.kind === 'message' && resolve(entry.text)),
    );
    const chat = await ana?.conversations.openDirect(ben?.account?.id ?? '');
    await chat?.send('over TLS').sent();
    expect(await heard).toBe('over TLS');
    for (const client of [ana, ben]) client?.close();
    expect(await server.stop()).toBe(0);
  });

  const refused: [string, string, () => Promise<ServerProcess>][] = [
    ['a wrong password', '--postgres', () => serve({ ...secured, postgres: otherPassword(secured.postgres) })],
    ['an untrusted certificate', '--postgres', () => serve({ ...plain, postgres: secured.postgres ?? '' }, false)],
    ['a wrong password', '--redis', () => serve({ ...secured, redis: otherPassword(secured.redis) })],
    ['an untrusted certificate', '--redis', () => serve({ ...plain, redis: secured.redis ?? '' }, false)],
    [
      'no TLS where the service requires it',
      '--redis',
      () => serve({ ...secured, redis: secured.redis?.replace('rediss', 'redis') ?? '' }),
    ],
    ['a wrong password', '--kafka', () => serve({ ...secured, ...kafkaSecurity(wrong) })],
    [
      'an untrusted certificate',
      '--kafka',
      () => serve({ ...plain, kafka: secured.kafka ?? '', ...kafkaSecurity(password) }, false),
    ],
    ['no TLS where the service requires it', '--kafka', () => serve({ ...secured, 'kafka-tls': 'off' })],
  ];
  for (const [what, setting, start] of refused) {
    test(`${what} for ${setting} is refused at the start, without a password in the message`, async () => {
      const message = await start().then(
        (server) => server.stop().then(() => expect.unreachable('it serves')),
        (error: Error) => error.message,
      );
      expect(message).toContain(`parley: ${setting}`);
      expect(message).not.toContain(password);
      expect(message).not.toContain(wrong);
    });
  }
});

function kafkaSecurity(given: string): GivenSettings {
  return {
    ...{ 'kafka-tls': 'on', 'kafka-sasl': 'SCRAM-SHA-512', 'kafka-username': 'parley', 'kafka-password': given },
  };
}

function otherPassword(address = ''): string {
  return address.replaceAll(password, wrong);
}
