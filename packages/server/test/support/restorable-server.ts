import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import { kafkaSettings, postgresServers } from '../../src/compose/cluster.ts';
import { acceptLoss, initialiseCluster } from '../../src/compose/cluster-administration.ts';
import { backupDatabase, restoreDatabase } from '../../src/compose/embedded.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { GivenSettings } from '../../src/settings/settings.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { beside, ClusterUnderTest, clusterShards, onceAvailable } from './cluster-services.ts';
import { ServerProcess } from './server-process.ts';
import { shapeUnderTest } from './shape-under-test.ts';

/**
 * A server at one address that is restored to an earlier moment as docs/OPERATING.md describes, in the shape under
 * test.
 */
export class RestorableServer {
  private process: ServerProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private readonly cluster: ClusterUnderTest | null,
    private readonly restored: () => void,
  ) {}

  /** `restored` is called while the server is down and its stores go back to the backup. */
  static async start(restored: () => void = () => undefined): Promise<RestorableServer> {
    const cluster = shapeUnderTest === 'cluster' ? await ClusterUnderTest.make() : null;
    const folder = mkdtempSync(join(tmpdir(), 'parley-restore-'));
    const server = new RestorableServer(await freePort(), folder, cluster, restored);
    await server.begin();
    return server;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  async begin(): Promise<void> {
    this.process = await ServerProcess.start({ settings: { ...this.settings, port: String(this.port) } });
  }

  /** Closes all connections. */
  async end(): Promise<void> {
    await this.process?.stop();
    this.process = null;
  }

  /** PostgreSQL copies only databases without connections. */
  async backup(): Promise<void> {
    if (!this.cluster) {
      rmSync(this.copy, { force: true });
      backupDatabase(this.data, this.copy);
      return;
    }
    await this.end();
    await this.besideEach((name) => [
      `DROP DATABASE IF EXISTS ${name}_backup`,
      `CREATE DATABASE ${name}_backup TEMPLATE ${name}`,
    ]);
    await this.begin();
  }

  /** Stops the server and restores the backup permanently: a cluster gets a new Kafka log. The backup stays. */
  async restore(): Promise<void> {
    await this.end();
    await this.putBack();
    this.restored();
    await this.begin();
  }

  async remove(): Promise<void> {
    await this.end();
    if (this.cluster) await this.besideEach((name) => [`DROP DATABASE IF EXISTS ${name}_backup WITH (FORCE)`]);
    await this.cluster?.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get settings(): GivenSettings {
    return this.cluster?.settings ?? { data: this.data };
  }

  private get copy(): string {
    return join(this.folder, 'backup.db');
  }

  private async putBack(): Promise<void> {
    if (!this.cluster) {
      await restoreDatabase(this.data, this.copy, systemClock);
      return;
    }
    const config = loadConfig(this.cluster.settings, {});
    await this.besideEach((name) => [
      `DROP DATABASE ${name} WITH (FORCE)`,
      `CREATE DATABASE ${name} TEMPLATE ${name}_backup`,
    ]);
    const topics = new Topics(kafkaSettings(config));
    await onceAvailable(() => topics.remove());
    await topics.close();
    await onceAvailable(() => initialiseCluster(config, { shards: clusterShards, replicationFactor: 1 }));
    const servers = postgresServers(config).map(({ name }) => name);
    await onceAvailable(() => acceptLoss(config, { servers, tell: () => undefined }));
  }

  private async besideEach(statementsFor: (database: string) => string[]): Promise<void> {
    const config = loadConfig(this.settings, {});
    for (const server of postgresServers(config)) await beside(server, statementsFor);
  }
}
