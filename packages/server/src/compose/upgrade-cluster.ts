import { followerNames } from '@parley/protocol';
import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { followerGroup } from '../adapters/kafka/feed.ts';
import { memberLevel } from '../adapters/kafka/member-levels.ts';
import { raiseLevels, storedLevels } from '../adapters/postgres/feature-level.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { Unusable } from '../platform/failures.ts';
import { supportedLevel } from '../platform/features.ts';
import { type ClusterConfig, type ClusterServices, openServices } from './cluster.ts';

/** The running processes of a cluster, by the feature level that they support. */
export interface RunningLevels {
  /** Levels by the server id of a gateway or messaging process; null for an unknown level. */
  servers: Map<string, number | null>;
  distributors: number[];
  /** Levels of the processes of each running follower. */
  followers: number[];
}

export interface Upgrade {
  /** The lowest level that a PostgreSQL server had before. */
  from: number;
  to: number;
}

/**
 * Raises the cluster's feature level to this program's, which enables the new features. Safe to repeat.
 *
 * @throws {Unusable} when a running process does not support the level, or its level is unknown. Nothing is changed
 *   then.
 */
export async function upgradeCluster(config: ClusterConfig): Promise<Upgrade> {
  const services = await openServices(config);
  try {
    const to = supportedLevel();
    const running = await runningLevels(services, config['cluster-name'], services.redis.registry());
    const behind = processesBehind(running, to);
    if (behind.length > 0) {
      throw new Unusable(
        `the cluster cannot be raised to feature level ${to} while processes run that do not support it:\n` +
          `${behind.map((each) => `  ${each}`).join('\n')}\n` +
          'Restart them as this version first. A process that was killed is forgotten within a minute.',
      );
    }
    const from = Math.min(...(await storedLevels(services.database)));
    await raiseLevels(services.database, to);
    return { from, to };
  } finally {
    await services.close();
  }
}

/**
 * Servers are known by their lease in Redis; one that Redis forgot, by its mailbox. Distributors and followers are the
 * members of their groups in Kafka. Without a registry, the levels of servers are not known.
 */
export async function runningLevels(
  { topics }: Pick<ClusterServices, 'topics'>,
  clusterName: string,
  registry: Pick<ConnectionRegistry, 'serverLevels'> | null,
): Promise<RunningLevels> {
  const mailboxes = await topics.mailboxes();
  const levels = (await registry?.serverLevels()) ?? [];
  const levelsIn = async (group: string) => (await topics.positions.members(group)).map(memberLevel);
  const followers = await Promise.all(followerNames.map((name) => levelsIn(followerGroup(clusterName, name))));
  return {
    servers: new Map([...mailboxes.map((id): [string, null] => [id, null]), ...levels]),
    distributors: await levelsIn(distributionGroup(clusterName)),
    followers: followers.flat(),
  };
}

/** A sentence for each process, or for several of a kind, that does not support the level. */
function processesBehind({ servers, distributors, followers }: RunningLevels, level: number): string[] {
  const behind = [...servers].flatMap(([serverId, supported]) => {
    if (supported === null) return `server ${serverId}: its feature level is not known, because its lease has expired`;
    return supported < level ? `server ${serverId}: supports feature level ${supported}` : [];
  });
  for (const [kind, levels] of Object.entries({ distributors, followers })) {
    for (const [supported, members] of Map.groupBy(levels, (each) => each)) {
      if (supported < level) behind.push(`${members.length} ${kind}: support feature level ${supported}`);
    }
  }
  return behind;
}
