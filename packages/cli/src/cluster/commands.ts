import { invitationLink } from '@parley/protocol';
import type { Command } from 'commander';
import { configOf, wholeFrom, withSettings } from './options.ts';

/** `parley cluster`: creates a cluster on its services and maintains it. */
export function addCluster(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('Create, inspect, verify and upgrade a cluster, move its shards, and change its Redis servers.');
  withSettings(cluster.command('init'))
    .description('Create the cluster on its services, or upgrade their schemas to this version. Safe to repeat.')
    .option('--shards <count>', 'number of logical shards, which can never be changed', wholeFrom(1, 1_024), 64)
    .option('--replication-factor <count>', 'number of replicas of each Kafka topic', wholeFrom(1, 15), 3)
    .option('--server <url>', 'public address, for the link that creates the first account', 'http://localhost:8080')
    .action(async (options: { shards: number; replicationFactor: number; server: string }, command: Command) => {
      const { initialiseCluster } = await administration();
      const invitation = await initialiseCluster(configOf(command), options);
      console.log(`the cluster exists, with ${options.shards} shards`);
      if (invitation === null) return;
      const link = invitationLink(options.server, invitation);
      console.log(`there is no account yet; the first one is the administrator: create it at ${link}`);
    });
  addUpgrade(cluster);
  withSettings(cluster.command('status'))
    .description(
      'Print shards, commands waiting and set aside, live processes, users online, feature level and Redis servers.',
    )
    .action(async (_options, command: Command) => {
      const { clusterStatus } = await administration();
      const { shardsByServer, commandsWaitingMost, redis, ...numbers } = await clusterStatus(configOf(command));
      for (const [name, value] of Object.entries(numbers)) console.log(`${name}\t${value ?? '-'}`);
      const { partition, commands } = commandsWaitingMost;
      console.log(`commandsWaitingMost\t${commands} in partition ${partition}`);
      for (const [server, shards] of Object.entries(shardsByServer)) console.log(`shards on ${server}\t${shards}`);
      for (const [server, failure] of Object.entries(redis)) {
        console.log(`redis ${server}\t${failure === null ? 'available' : `unavailable: ${failure}`}`);
      }
    });
  withSettings(cluster.command('shards'))
    .description('List the PostgreSQL server and the epoch of each shard.')
    .action(async (_options, command: Command) => {
      const { shardLocations } = await administration();
      const locations = await shardLocations(configOf(command));
      for (const [shard, { server, epoch = '-' }] of locations.entries()) console.log(`${shard}\t${server}\t${epoch}`);
    });
  addRedis(cluster);
  addVerify(cluster);
  withSettings(cluster.command('accept-loss'))
    .description(
      'After a restore, accept the loss of commands that Kafka no longer has; clients of those shards read again.',
    )
    .argument(
      '[servers...]',
      'PostgreSQL servers that were restored to an earlier moment, if the command log in Kafka is new',
    )
    .action(async (servers: string[], _options, command: Command) => {
      const { acceptLoss } = await administration();
      const accepted = await acceptLoss(configOf(command), { servers, tell: (line) => console.log(line) });
      for (const { shard, server, epoch, commandsLost } of accepted) {
        const lost = commandsLost === null ? '' : `, ${commandsLost} commands lost`;
        console.log(`shard ${shard} on ${server} has epoch ${epoch}${lost}`);
      }
    });
  withSettings(cluster.command('move'))
    .description('Move a shard to another PostgreSQL server while it is in use. Safe to interrupt and to repeat.')
    .argument('<shard>', 'number of the shard', wholeFrom(0, 1_023))
    .argument('<server>', 'name of the server to move it to, as in --postgres')
    .option('--source-url <url>', 'address at which the new server reaches the present one (default: as in --postgres)')
    .action(async (shard: number, targetName: string, options: { sourceUrl?: string }, command: Command) => {
      const sourceUrl = options.sourceUrl ?? null;
      const { moveShardTo } = await administration();
      await moveShardTo(configOf(command), { shard, targetName, sourceUrl, tell: (step) => console.log(step) });
      console.log(`shard ${shard} is on ${targetName}`);
    });
}

/** `parley cluster upgrade`: enables new features at the end of a rollout. */
function addUpgrade(cluster: Command): void {
  withSettings(cluster.command('upgrade'))
    .description(
      'Enable the features that this version adds, after every process runs this version; refused before that. ' +
        'Afterwards there is no way back to the previous version. Safe to repeat.',
    )
    .action(async (_options, command: Command) => {
      const { upgradeCluster } = await administration();
      const { from, to } = await upgradeCluster(configOf(command));
      console.log(
        from < to ? `feature level ${to} is enabled, after ${from}` : `feature level ${from} was enabled before`,
      );
    });
}

/** `parley cluster redis`: changes the list of Redis servers. */
function addRedis(cluster: Command): void {
  withSettings(cluster.command('redis'))
    .description(
      'Make the servers of --redis those of the cluster. Processes that were started with others stop; start them ' +
        'again with these. Safe to repeat.',
    )
    .action(async (_options, command: Command) => {
      const { replaceRedis } = await administration();
      const config = configOf(command);
      await replaceRedis(config);
      console.log(`the cluster uses ${config.redis.length} Redis servers`);
    });
}

/** `parley cluster verify`: checks the stored data, and repairs what is derived from other data. */
function addVerify(cluster: Command): void {
  withSettings(cluster.command('verify'))
    .description(
      'Read every shard, while the cluster serves or not, and report missing, duplicate and inconsistent data.',
    )
    .option('--repair', 'repair data that is derived from conversations and accounts; safe to interrupt and to repeat')
    .action(async ({ repair = false }: { repair?: boolean }, command: Command) => {
      const { verifyCluster } = await administration();
      const result = await verifyCluster(configOf(command), { repair, tell: (line) => console.log(line) });
      const { conversations, entries, faults, repaired } = result;
      const also = repair ? `, ${repaired} repaired` : '';
      console.log(`${conversations} conversations, ${entries} entries, ${faults} faults${also}`);
      if (faults > 0) process.exitCode = 1;
    });
}

/** `parley migrate`: copies the data of an embedded server into a cluster. */
export function addMigrate(program: Command): void {
  withSettings(program.command('migrate'))
    .description(
      'Copy the data of an embedded server into an empty cluster, and compare every conversation. Safe to repeat.',
    )
    .requiredOption('--from <folder>', 'data folder; its server must be stopped')
    .action(async ({ from }: { from: string }, command: Command) => {
      const { migrateToCluster } = await administration();
      const { rows, conversations, faults } = await migrateToCluster(from, configOf(command), (step) =>
        console.log(step),
      );
      for (const fault of faults) console.log(fault);
      console.log(`${rows} rows copied, ${conversations} conversations compared, ${faults.length} differ`);
      if (faults.length > 0) process.exitCode = 1;
    });
}

/** Loaded on demand, because the clients of the services take half a second to load. */
const administration = () => import('@parley/server/cluster');
