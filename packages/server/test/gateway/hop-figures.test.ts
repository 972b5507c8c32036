import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpApi } from '@parley/sdk';
import { freePort } from '../../../../tools/free-port.mjs';
import type { GivenSettings } from '../../src/settings/settings.ts';
import { ClusterUnderTest } from '../support/cluster-services.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { WireClient } from '../support/wire-client.ts';

/** The current metrics of a process, by name and labels. */
async function figuresAt(port: string): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return new Map([...text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

/** Waits until the figures are these and each partition has no lag: a hop is counted when it is complete. */
async function untilFigures(port: string, counted: Record<string, number>, partitions: number): Promise<void> {
  const wanted = [counted, Array.from({ length: partitions }, () => 0)];
  let found: unknown;
  const isSo = async () => {
    const figures = await figuresAt(port);
    // A busy server may not have the lag at the moment.
    const lags = [...figures].filter(([name]) => name.startsWith('parley_command_log_lag{'));
    const chosen = Object.fromEntries(Object.keys(counted).map((name) => [name, figures.get(name)]));
    found = [chosen, lags.map(([, behind]) => behind)];
    return Bun.deepEquals(found, wanted);
  };
  await until('every hop is counted, and no partition has a lag', isSo).catch((error: unknown) => {
    expect(found).toEqual(wanted);
    throw error;
  });
}

async function login(url: string, username: string): Promise<HttpApi> {
  const api = new HttpApi(url, { fetch });
  api.token = (await api.call('signup', { username, password: 'a good password' })).token;
  return api;
}

async function countsEachHop(settings: GivenSettings, partitions: number, services: readonly string[]): Promise<void> {
  const port = String(await freePort());
  const limits = { 'max-connections-per-address': '1', 'metrics-port': port };
  const server = await ServerProcess.start({ settings: { ...settings, ...limits } });
  const [ana, ben] = [await login(server.url, 'ana'), await login(server.url, 'ben')];
  const socket = await WireClient.hello(server.url, ben.token ?? '');
  const refused = await WireClient.open(server.url);
  expect((await refused.closed).code).toBe(4102);
  const userIds = [(await ben.call('getAccount', {})).id];
  const { id } = await ana.call('createGroup', { name: 'group', userIds });
  await ana.call('sendMessage', { conversationId: id, clientMessageId: 'm', text: 'text' });
  await socket.next('entry', ({ entry }) => entry.kind === 'message');
  const counted = {
    'parley_command_seconds_count{outcome="done"}': 2,
    parley_command_append_seconds_count: 2,
    parley_command_log_records_total: 2,
    parley_command_log_append_waiting: 0,
    parley_command_log_partitions: partitions,
    parley_command_log_partitions_owned: partitions,
    parley_batch_commit_seconds_count: 2,
    parley_batch_route_seconds_count: 2,
    parley_batch_deliver_seconds_count: 2,
    parley_entries_routed_total: 2,
    parley_copies_total: 2,
    parley_delivery_seconds_count: 2,
    parley_deliveries_total: 2,
    parley_mailbox_outgoing: 0,
    parley_mailbox_incoming: 0,
    parley_socket_backlog_bytes: 0,
    parley_connections: 1,
    'parley_sockets_closed_total{reason="tooManyConnections"}': 1,
    'parley_sockets_closed_total{reason="leaseLost"}': 0,
    ...Object.fromEntries(services.map((service) => [`parley_service_up{service="${service}"}`, 1])),
  };
  await untilFigures(port, counted, partitions);
  await socket.close();
  const closed = async () => (await figuresAt(port)).get('parley_sockets_closed_total{reason="client"}');
  await until('the closed socket is counted', async () => (await closed()) === 1, { pauseMs: 10 });
  await server.stop();
}

test('in one process, a message is counted at each hop, and a socket when it closes', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-figures-'));
  await countsEachHop({ data }, 1, ['database']);
  rmSync(data, { recursive: true, force: true });
});

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
test.skipIf(absent !== null)(
  titleWith('in a cluster, a message is counted at each hop, and the lag of each partition is exposed', absent),
  async () => {
    const cluster = await ClusterUnderTest.make();
    try {
      await countsEachHop(cluster.settings, 8, ['postgres', 'kafka', 'redis one', 'redis two']);
    } finally {
      await cluster.remove();
    }
  },
);
