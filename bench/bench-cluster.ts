import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeAdapters, loadConfig, systemClock } from '@parley/server';
import { ClusterUnderTest } from '../packages/server/test/support/cluster-services.ts';
import { ServerProcess } from '../packages/server/test/support/server-process.ts';
import { type BenchServer, cpuSecondsOf, makePeople } from './bench-server.ts';

const stateFile = join(import.meta.dir, '../.services/state.json');

/**
 * Starts one process with the roles gateway and messaging and one with distribution, with the services that
 * `npm run services -- up` started on this machine.
 */
export async function startBenchCluster(peopleCount: number): Promise<BenchServer> {
  const cluster = await ClusterUnderTest.make();
  const adapters = await composeAdapters(loadConfig(cluster.settings, {}), systemClock);
  const people = await makePeople(adapters.users, peopleCount);
  await adapters.close();
  const settings = { ...cluster.settings, 'max-connections-per-address': '100000' };
  const edge = await ServerProcess.start({ settings: { ...settings, roles: 'gateway,messaging' } });
  const distributor = await ServerProcess.start({ settings: { ...settings, roles: 'distribution' } });
  const services = JSON.parse(readFileSync(stateFile, 'utf8')) as Record<string, { pid: number }>;
  return {
    url: edge.url.replace('localhost', '127.0.0.1'),
    people,
    async cpuSeconds() {
      const used: [string, number][] = [
        ['edge', await cpuSecondsOf(edge.pid)],
        ['distributor', await cpuSecondsOf(distributor.pid)],
      ];
      for (const [name, { pid }] of Object.entries(services)) {
        const seconds = await Promise.all(withDescendants(pid).map((each) => cpuSecondsOf(each)));
        used.push([name, seconds.reduce((sum, each) => sum + each, 0)]);
      }
      return new Map(used);
    },
    residentBytes: () => Promise.resolve(edge.residentBytes()),
    async stop() {
      await Promise.all([edge.stop(), distributor.stop()]);
      await cluster.remove();
    },
  };
}

/** The process and its descendants: PostgreSQL has a process for each connection. */
function withDescendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const file = `/proc/${name}/stat`;
    if (!/^\d+$/.test(name) || !existsSync(file)) continue;
    const parent = Number(readFileSync(file, 'utf8').split(') ')[1]?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}
