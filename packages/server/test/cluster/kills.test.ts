import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ClusterProcesses, roles } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 8;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('a cluster of two processes of each role behind HAProxy', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start();
    witnesses = await Witnesses.gather(people, () => cluster.url);
    witnesses.write();
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  for (const role of roles) {
    test(`SIGKILL of each ${role}, one after the other, under load`, async () => {
      for (const place of cluster.placesOf(role)) {
        await witnesses.goOnAfter(`${role} killed`, () => place.kill());
        await place.start();
      }
    }, 120_000);
  }

  test('in the end every view is the history is what was acknowledged (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(100);
    await witnesses.fallSilent();
    expect((await witnesses.agree()).length).toBeGreaterThan(roles.length * 200);
  }, 120_000);
});
