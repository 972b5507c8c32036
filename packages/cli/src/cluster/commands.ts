import { invitationLink } from '@parley/protocol';
import type { Command } from 'commander';
import { configOf, wholeFrom, withSettings } from './options.ts';

/** `parley cluster`: makes a cluster on its services, and looks after it. */
export function addCluster(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('A cluster: make it, look at it, upgrade it, move its shards.');
  withSettings(cluster.command('init'))
    .description('Make the cluster on its services, or bring them up to date with this version. Safe to repeat.')
    .option('--shards <count>', 'logical shards, fixed for good', wholeFrom(1, 1_024), 64)
    .option('--replication-factor <count>', 'copies of each record in Kafka', wholeFrom(1, 15), 3)
    .option('--server <url>', 'where people will reach it, for the link to the first account', 'http://localhost:8080')
    .action(async (options: { shards: number; replicationFactor: number; server: string }, command: Command) => {
      const { initialiseCluster } = await administration();
      const invitation = await initialiseCluster(configOf(command), options);
      console.log(`a cluster of ${options.shards} shards is there`);
      if (invitation === null) return;
      const link = invitationLink(options.server, invitation);
      console.log(`there is no account yet; the first one administers the cluster: make it at ${link}`);
    });
  addUpgrade(cluster);
  withSettings(cluster.command('status'))
    .description('Shards, waiting commands, commands set aside, processes, people, feature level.')
    .action(async (_options, command: Command) => {
      const { clusterStatus } = await administration();
      const { shardsByServer, commandsWaitingMost, ...numbers } = await clusterStatus(configOf(command));
      for (const [name, value] of Object.entries(numbers)) console.log(`${name}\t${value ?? '-'}`);
      const { partition, commands } = commandsWaitingMost;
      console.log(`commandsWaitingMost\t${commands} in partition ${partition}`);
      for (const [server, shards] of Object.entries(shardsByServer)) console.log(`shards on ${server}\t${shards}`);
    });
  withSettings(cluster.command('shards'))
    .description('Which PostgreSQL server has which shard, and the epoch of its entries.')
    .action(async (_options, command: Command) => {
      const { shardPlaces } = await administration();
      const places = await shardPlaces(configOf(command));
      for (const [shard, { server, epoch = '-' }] of places.entries()) console.log(`${shard}\t${server}\t${epoch}`);
    });
  withSettings(cluster.command('verify'))
    .description('Read every shard, while the cluster serves or not, and name what is missing, doubled or disagrees.')
    .option('--repair', 'bring right what follows from conversations and accounts; safe to interrupt and to repeat')
    .action(async ({ repair = false }: { repair?: boolean }, command: Command) => {
      const { verifyCluster } = await administration();
      const result = await verifyCluster(configOf(command), { repair, tell: (line) => console.log(line) });
      const { conversations, entries, faults, mended } = result;
      const also = repair ? `, ${mended} mended` : '';
      console.log(`${conversations} conversations, ${entries} entries, ${faults} faults${also}`);
      if (faults > 0) process.exitCode = 1;
    });
  withSettings(cluster.command('accept-loss'))
    .description('Go on after a restore without what Kafka no longer has: clients of the shards concerned read again.')
    .argument('[servers...]', 'PostgreSQL servers that were restored to an earlier moment, when Kafka is new')
    .action(async (servers: string[], _options, command: Command) => {
      const { acceptLoss } = await administration();
      const accepted = await acceptLoss(configOf(command), { servers, tell: (line) => console.log(line) });
      for (const { shard, server, epoch, commandsLost } of accepted) {
        const lost = commandsLost === null ? '' : `, ${commandsLost} commands lost`;
        console.log(`shard ${shard} on ${server} has epoch ${epoch}${lost}`);
      }
    });
  withSettings(cluster.command('move'))
    .description('Take a shard to another PostgreSQL server while it is served. Safe to interrupt and to repeat.')
    .argument('<shard>', 'number of the shard', wholeFrom(0, 1_023))
    .argument('<server>', 'name of the server that is to have it')
    .option('--source-url <url>', 'how the new server reaches the present one; as --postgres says unless given')
    .action(async (shard: number, targetName: string, options: { sourceUrl?: string }, command: Command) => {
      const sourceUrl = options.sourceUrl ?? null;
      const { moveShardTo } = await administration();
      await moveShardTo(configOf(command), { shard, targetName, sourceUrl, tell: (step) => console.log(step) });
      console.log(`shard ${shard} is on ${targetName}`);
    });
}

/** `parley cluster upgrade`: enables what is new, at the end of a rollout. */
function addUpgrade(cluster: Command): void {
  withSettings(cluster.command('upgrade'))
    .description(
      'Enable what this version can do that the previous one could not, once every process is of this version; ' +
        'refused before. There is no way back to the previous version. Safe to repeat.',
    )
    .action(async (_options, command: Command) => {
      const { upgradeCluster } = await administration();
      const { from, to } = await upgradeCluster(configOf(command));
      console.log(
        from < to ? `feature level ${to} is enabled, after ${from}` : `feature level ${from} was enabled before`,
      );
    });
}

/** `parley migrate`: from one process to many. */
export function addMigrate(program: Command): void {
  withSettings(program.command('migrate'))
    .description('Copy an embedded installation into an empty cluster, and compare every conversation. Safe to repeat.')
    .requiredOption('--from <folder>', 'data folder; its server must not run')
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

/** The clients of the services take half a second to load, which other commands don't wait for. */
const administration = () => import('@parley/server/cluster');
