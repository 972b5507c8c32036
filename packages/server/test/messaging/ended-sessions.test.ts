import { expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { Unavailable } from '../../src/platform/failures.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

async function anaAndBen() {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const [ana, ben] = [await server.connect('ana'), await server.connect('ben')];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  /** Lets time pass until the condition holds; nobody falls silent meanwhile. */
  const inTime = (what: string, isSo: () => boolean) =>
    until(what, () => {
      if (isSo()) return true;
      for (const socket of [ana, ben]) socket.pongs();
      cluster.clock.advance(5_000);
      return false;
    });
  return { cluster, ana, ben, anaId, benId, inTime };
}

test('the sockets of a session that ended are closed although no signal came', async () => {
  const { cluster, ana, ben, anaId, inTime } = await anaAndBen();
  await cluster.adapters.users.revokeSessions(anaId, null);
  await inTime('the socket of ana is closed', () => ana.closedWith !== null);
  expect(ana.closedWith).toBe(closeCodes.revoked.code);
  expect(ben.closedWith).toBeNull();
});

test('the sockets of a disabled user are closed although no signal came', async () => {
  const { cluster, ana, ben, benId, inTime } = await anaAndBen();
  await cluster.adapters.users.setDisabled(benId, true);
  await inTime('the socket of ben is closed', () => ben.closedWith !== null);
  expect(ben.closedWith).toBe(closeCodes.revoked.code);
  expect(ana.closedWith).toBeNull();
});

test('no socket is closed while the sessions cannot be read, or while a shard that is moved shows none', async () => {
  const { cluster, ana, ben, anaId, inTime } = await anaAndBen();
  const { users } = cluster.adapters;
  const sessionIds = users.sessionIds.bind(users);
  let reads = 0;
  users.sessionIds = async () => {
    if (++reads <= 2) throw new Unavailable('the database is unavailable');
    return new Set();
  };
  await inTime('the sessions were read', () => reads > 3);
  expect([ana.closedWith, ben.closedWith]).toEqual([null, null]);
  users.sessionIds = sessionIds;
  await users.revokeSessions(anaId, null);
  await inTime('the socket of ana is closed', () => ana.closedWith !== null);
  expect(ben.closedWith).toBeNull();
});
