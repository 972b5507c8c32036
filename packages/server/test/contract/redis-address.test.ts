import { afterEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import { RedisConnectionRegistry } from '../../src/adapters/redis/registry.ts';
import { Unusable } from '../../src/platform/failures.ts';
import { makeCertificate } from '../support/certificate.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { until } from '../support/until.ts';
import { describeOnOwnRedis, rejection } from './own-redis.ts';
import { patientTimeouts } from './redis-under-test.ts';

const opened: RedisConnection[] = [];

const started: OwnRedis[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((redis) => redis.close()));
  await Promise.all(started.splice(0).map((program) => program.remove()));
});

function open(url: string): { ping: () => Promise<unknown[]>; reported: unknown[] } {
  const reported: unknown[] = [];
  const redis = openRedis({ url, prefix: 'parley', report: (error) => reported.push(error) });
  opened.push(redis);
  return { ping: () => redis.pipeline((pipeline) => pipeline.ping()), reported };
}

/** The first rejection that gives this reason: a call that waits for a slow connection is rejected without one. */
async function rejectionWith(reason: string, call: () => Promise<unknown>): Promise<unknown> {
  let error: unknown;
  await until(`a call is rejected with "${reason}"`, async () => {
    error = await rejection(call());
    return String(error).includes(reason);
  });
  return error;
}

describe('the address of Redis', () => {
  test('where no server listens: calls are refused, and every attempt is reported', async () => {
    const { ping, reported } = open('redis://127.0.0.1:1');
    const refused = { name: 'Unavailable', message: expect.stringContaining('127.0.0.1:1') };
    expect(await rejection(ping())).toMatchObject(refused);
    const tries = reported.length;
    expect(tries).toBeGreaterThan(1);
    // After a long outage calls do not wait for a connection.
    for (let time = 0; time < 5; time++) expect(await rejection(ping())).toMatchObject(refused);
    expect(reported).toHaveLength(tries);
  });

  test.each(['', 'localhost:6379', 'http://localhost:6379', 'redis'])('must not be "%s"', (url) => {
    expect(() => openRedis({ url, prefix: 'parley', report: () => undefined })).toThrow(Unusable);
  });

  test.each(['', '{parley}', 'par ley', 'p:q'])('with the prefix "%s" is refused', (prefix) => {
    expect(() => openRedis({ url: 'redis://127.0.0.1:1', prefix, report: () => undefined })).toThrow(Unusable);
  });
});

describeOnOwnRedis('the address of a Redis', () => {
  test('has user and password, which no error shows; the user needs access only to keys of the prefix', async () => {
    const program = await OwnRedis.start('--user', 'parley', 'on', '>right-password', '~{parley}:*', '+@all');
    started.push(program);
    const { ping, reported } = open(`redis://parley:wrong-password@127.0.0.1:${program.port}`);
    const error = await rejectionWith('WRONGPASS', ping);
    expect(error).toMatchObject({ name: 'Unavailable' });
    expect(reported.length).toBePositive();
    expect(JSON.stringify([error, (error as Error).cause, ...reported])).not.toContain('wrong-password');

    const url = `redis://parley:right-password@127.0.0.1:${program.port}`;
    const redis = openRedis({ url, prefix: 'parley', report: () => undefined }, patientTimeouts);
    opened.push(redis);
    const registry = new RedisConnectionRegistry(redis);
    await registry.openServer('north', 600_000);
    expect(await registry.connect('north', 'ana')).toBe(true);
    expect(await registry.closeServer('north')).toEqual(['ana']);
  });

  test('that begins with rediss:// is used only if the server’s certificate is trusted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-certificate-'));
    const files = makeCertificate(folder);
    const program = await OwnRedis.startWithTls(files);
    started.push(program);
    const url = `rediss://localhost:${program.tlsPort}`;

    const { ping } = open(url);
    expect(await rejectionWith('self', ping)).toMatchObject({ name: 'Unavailable' });

    // A process reads the trusted certificates when it starts.
    const connection = fileURLToPath(new URL('../../src/adapters/redis/connection.ts', import.meta.url));
    const script = `
      const { openRedis } = await import(${JSON.stringify(connection)});
      const redis = openRedis({ url: ${JSON.stringify(url)}, prefix: 'parley', report: console.error });
      console.log(...(await redis.pipeline((pipeline) => pipeline.ping())));
      await redis.close();`;
    const trusting = spawnSync(process.execPath, ['-e', script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: files.certificate },
      encoding: 'utf8',
    });
    expect(trusting.stdout).toBe('PONG\n');
    rmSync(folder, { recursive: true });
  });
});
