import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { OwnBrokers, withoutOwnBrokers } from '../support/own-brokers.ts';
import { OwnPostgres, withoutOwnPostgres } from '../support/own-postgres.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { titleWith } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 4;
const brokerCount = 3;
const withoutRedis = Bun.which('redis-server') === null ? 'no redis-server is installed' : null;
const absent = withoutHaproxy ?? withoutOwnPostgres ?? withoutOwnBrokers ?? withoutRedis;
describe.skipIf(absent !== null)(titleWith('a cluster under load whose services are killed', absent), () => {
  let brokers: OwnBrokers;
  let postgres: OwnPostgres;
  let redis: OwnRedis;
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    [brokers, postgres, redis] = await Promise.all([
      ...([OwnBrokers.start(brokerCount), OwnPostgres.start(), OwnRedis.start()] as const),
    ]);
    const services = { kafka: brokers.addresses, postgres: postgres.url, redis: redis.url };
    cluster = await ClusterProcesses.start(services, { 'allow-single-broker': 'off' }, brokerCount);
    witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
    witnesses.write();
  });
  afterAll(async () => {
    witnesses?.leave();
    await cluster?.stop();
    await Promise.all([brokers?.remove(), postgres?.remove(), redis?.remove()]);
  });

  test('survives that PostgreSQL is killed and restarted', async () => {
    await witnesses.recoverAfter('PostgreSQL killed and started again', async () => {
      await postgres.kill();
      await postgres.startAgain();
    });
  });

  test('survives that Redis is emptied', async () => {
    await witnesses.recoverAfter('FLUSHALL', async () => {
      redis.command('FLUSHALL');
    });
  });

  test('survives that Redis is killed and restarted empty', async () => {
    await witnesses.recoverAfter('Redis killed and started again', async () => {
      await redis.kill();
      await redis.startAgain();
    });
  });

  test('survives that each of the three Kafka brokers is killed, one after the other', async () => {
    for (let broker = 0; broker < brokerCount; broker++) {
      await witnesses.recoverAfter(`broker ${broker + 1} killed`, () => brokers.kill(broker));
      await witnesses.recoverAfter(`broker ${broker + 1} started again`, async () => brokers.startAgain(broker));
    }
  });

  test('finally, every view equals the history and every acknowledged message is there once (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(100);
    await witnesses.stopWriting();
    expect((await witnesses.agree()).length).toBeGreaterThan(350);
  });
});
