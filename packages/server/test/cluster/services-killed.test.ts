import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { OwnRedis } from '../contract/own-redis.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { OwnBrokers, withoutOwnBrokers } from '../support/own-brokers.ts';
import { OwnPostgres, withoutOwnPostgres } from '../support/own-postgres.ts';
import { titleWith } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 8;
const brokerCount = 3;
const withoutRedis = Bun.which('redis-server') === null ? 'no redis-server is installed' : null;
const absent = withoutHaproxy ?? withoutOwnPostgres ?? withoutOwnBrokers ?? withoutRedis;
describe.skipIf(absent !== null)(titleWith('a cluster whose services are killed under load', absent), () => {
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
    witnesses = await Witnesses.gather(people, () => cluster.url);
    witnesses.write();
  }, 120_000);
  afterAll(async () => {
    witnesses?.leave();
    await cluster?.stop();
    await Promise.all([brokers?.remove(), postgres?.remove(), redis?.remove()]);
  }, 120_000);

  test('PostgreSQL is killed and started again', async () => {
    await witnesses.goOnAfter('PostgreSQL killed and started again', async () => {
      await postgres.kill();
      await postgres.startAgain();
    });
  }, 120_000);

  test('Redis is emptied', async () => {
    await witnesses.goOnAfter('FLUSHALL', async () => {
      redis.command('FLUSHALL');
    });
  }, 120_000);

  test('Redis is killed and started again, empty', async () => {
    await witnesses.goOnAfter('Redis killed and started again', async () => {
      await redis.kill();
      await redis.startAgain();
    });
  }, 120_000);

  test('each of the three Kafka brokers is killed, one after the other', async () => {
    for (let broker = 0; broker < brokerCount; broker++) {
      await witnesses.goOnAfter(`broker ${broker + 1} killed`, () => brokers.kill(broker));
      await witnesses.goOnAfter(`broker ${broker + 1} started again`, async () => brokers.startAgain(broker));
    }
  }, 300_000);

  test('in the end every view is the history is what was acknowledged (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(100);
    await witnesses.fallSilent();
    expect((await witnesses.agree()).length).toBeGreaterThan(700);
  }, 120_000);
});
