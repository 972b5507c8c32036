import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { Unavailable, Unusable } from '../../platform/failures.ts';
import { clientOptions, failureOf, isBrokerError, isUnknownTopic, type KafkaSettings } from './connection.ts';
import { Positions } from './positions.ts';

export function commandsTopic(clusterName: string): string {
  return `${clusterName}.commands`;
}

/** The topic of commands that can't be decided. Its name is that of released versions. */
export function deadLetterTopic(clusterName: string): string {
  return `${clusterName}.poison`;
}

/** Decided entries, for followers. It has the partitions of the commands. */
export function feedTopic(clusterName: string): string {
  return `${clusterName}.feed`;
}

/** The topic of a server's mailbox; also the group under which the server commits its position in it. */
export function mailboxTopic(clusterName: string, serverId: string): string {
  return `${clusterName}.mailbox.${serverId}`;
}

/** Copies that were not read for this long are useless: a client that was away catches up from the history. */
const mailboxRetentionMs = 600_000;
const replicasAsked = 3;
const inSyncAsked = 2;
const pollMs = 20;
/** How long a topic that was just created may be unknown to the brokers, or without leaders. */
const createdMs = 30_000;
/** How long a topic may be missing that another process may have created a moment ago. */
const missingMs = 5_000;

interface DescribedTopic {
  id: string;
  count: number;
  replicas: number;
}

/** Creates, describes and deletes the cluster's topics. */
export class Topics {
  private readonly admin: Admin;
  /** The ends of the topics, and the committed offsets of groups. */
  readonly positions: Positions;

  constructor(private readonly settings: KafkaSettings) {
    this.admin = new Admin(clientOptions(settings));
    this.positions = new Positions(this.admin);
  }

  /**
   * Creates the missing topics of a cluster, and resolves when records can be written to them. Commands and the feed are
   * kept for a week.
   */
  async create({ shards, replicationFactor }: { shards: number; replicationFactor: number }): Promise<void> {
    const { clusterName } = this.settings;
    const configs = {
      'min.insync.replicas': String(Math.min(inSyncAsked, replicationFactor)),
      'retention.ms': '604800000',
    };
    await this.createOne(commandsTopic(clusterName), shards, replicationFactor, configs);
    await this.createOne(feedTopic(clusterName), shards, replicationFactor, configs);
    await this.createOne(deadLetterTopic(clusterName), 1, replicationFactor, { ...configs, 'retention.ms': '-1' });
  }

  /**
   * Refuses topics that cannot serve a cluster of `shards` logical shards.
   *
   * @throws {Unusable} when they are missing for longer than a new topic may be, have another number of partitions, or
   *   lose records with one disk.
   */
  async check({ shards, allowSingleBroker }: { shards: number; allowSingleBroker: boolean }): Promise<void> {
    const { clusterName } = this.settings;
    await this.checkTopic(commandsTopic(clusterName), { shards, allowSingleBroker });
    await this.checkTopic(feedTopic(clusterName), { shards, allowSingleBroker });
  }

  private async checkTopic(
    topic: string,
    { shards, allowSingleBroker }: { shards: number; allowSingleBroker: boolean },
  ): Promise<void> {
    const found = await this.ready(topic, missingMs);
    if (!found)
      throw new Unusable(`--kafka: there is no topic ${topic}: create it with "parley cluster init" of this version`);
    if (found.count !== shards) {
      throw new Unusable(
        `--kafka: topic ${topic} has ${found.count} partitions, and the cluster has ${shards} shards: the numbers have ` +
          'to be equal, and are fixed when a cluster is created',
      );
    }
    if (allowSingleBroker) return;
    if (found.replicas < replicasAsked) {
      throw new Unusable(
        `--kafka: topic ${topic} has ${found.replicas} replicas, and needs ${replicasAsked} to survive the loss of a ` +
          'broker; --allow-single-broker on serves anyway',
      );
    }
    const inSync = Number(await this.config(topic, 'min.insync.replicas'));
    if (inSync < inSyncAsked) {
      throw new Unusable(
        `--kafka: topic ${topic} has min.insync.replicas = ${inSync}, and needs ${inSyncAsked} so that ` +
          'acknowledged records are on two disks; --allow-single-broker on serves anyway',
      );
    }
    if ((await this.config(topic, 'unclean.leader.election.enable')) === 'true') {
      throw new Unusable(
        `--kafka: topic ${topic} has unclean.leader.election.enable = true, which can lose acknowledged records; ` +
          '--allow-single-broker on serves anyway',
      );
    }
  }

  /** Deletes all topics of the cluster with their records. */
  async remove(): Promise<void> {
    const { clusterName } = this.settings;
    // One by one, because a server that stops meanwhile deletes its own mailbox.
    for (const serverId of await this.mailboxes()) await this.removeMailbox(serverId);
    const topics = [deadLetterTopic(clusterName), feedTopic(clusterName), commandsTopic(clusterName)];
    for (const topic of topics) await this.removeOne(topic);
    // The other brokers learn of it a moment later.
    const isOurs = (topic: string) => topic.startsWith(`${clusterName}.`);
    while ((await this.asking('list topics', () => this.admin.listTopics())).some(isOurs)) await Bun.sleep(pollMs);
  }

  /** The replication factor of the cluster's topics. */
  async replicationFactor(): Promise<number> {
    return (await this.described(commandsTopic(this.settings.clusterName)))?.replicas ?? 1;
  }

  async createMailbox(serverId: string): Promise<void> {
    const topic = mailboxTopic(this.settings.clusterName, serverId);
    const replicas = await this.replicationFactor();
    await this.createOne(topic, 1, replicas, { 'retention.ms': String(mailboxRetentionMs) });
  }

  /** Deletes the mailbox and the committed offset of its server. */
  async removeMailbox(serverId: string): Promise<void> {
    const topic = mailboxTopic(this.settings.clusterName, serverId);
    await this.removeOne(topic);
    await this.positions.forget(topic);
  }

  /** The servers that have a mailbox. */
  async mailboxes(): Promise<string[]> {
    const prefix = mailboxTopic(this.settings.clusterName, '');
    const topics = await this.asking('list topics', () => this.admin.listTopics());
    return topics.filter((topic) => topic.startsWith(prefix)).map((topic) => topic.slice(prefix.length));
  }

  /** Rejects when the brokers can't be reached. */
  async ping(): Promise<void> {
    await this.asking('answer', () => this.admin.metadata({ topics: [], forceUpdate: true }));
  }

  /** The partitions of a topic; none when it does not exist. */
  async partitionsOf(topic: string): Promise<number[]> {
    return partitionsOf(await this.described(topic));
  }

  /** The partitions of a topic, and its id, which differs from that of a deleted topic with the same name. */
  async partitionsAndId(topic: string): Promise<{ partitions: number[]; id: string | null }> {
    const described = await this.described(topic);
    return { partitions: partitionsOf(described), id: described?.id ?? null };
  }

  /** The number of records ever written to a topic with one partition. */
  async recordCount(topic: string): Promise<number> {
    const ends = await this.positions.ends(topic, [0]);
    return Number(ends.get(0) ?? 0n);
  }

  async close(): Promise<void> {
    await this.admin.close();
  }

  private async createOne(
    topic: string,
    partitions: number,
    replicas: number,
    configs: Readonly<Record<string, string>>,
  ): Promise<void> {
    const options = {
      ...{ topics: [topic], partitions, replicas },
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    };
    await this.asking(`create topic ${topic}`, () => this.admin.createTopics(options)).catch((error: unknown) => {
      if (isBrokerError(error, 'INVALID_REPLICATION_FACTOR')) {
        throw new Unusable(`there are too few Kafka brokers for ${replicas} replicas of topic ${topic}`, {
          cause: error,
        });
      }
      if (!isBrokerError(error, 'TOPIC_ALREADY_EXISTS')) throw error;
    });
    if (!(await this.ready(topic, createdMs))) {
      throw new Unavailable(`Kafka has created topic ${topic}, but does not list it yet`);
    }
  }

  /** The topic, once the brokers know it and its partitions have leaders; undefined when it is missing for `limitMs`. */
  private async ready(topic: string, limitMs: number): Promise<DescribedTopic | undefined> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      try {
        const found = await this.described(topic);
        if (found || performance.now() > endMs) return found;
      } catch (error) {
        if (!isBrokerError(error, 'LEADER_NOT_AVAILABLE') || performance.now() > endMs) throw error;
      }
      await Bun.sleep(pollMs);
    }
  }

  /** A missing topic is not an error. */
  private async removeOne(topic: string): Promise<void> {
    try {
      await this.admin.deleteTopics({ topics: [topic] });
    } catch (error) {
      if (!isUnknownTopic(error)) throw failureOf(error, `delete topic ${topic}`);
    }
  }

  private async described(topic: string): Promise<DescribedTopic | undefined> {
    try {
      const metadata = await this.admin.metadata({ topics: [topic], forceUpdate: true });
      const described = metadata.topics.get(topic);
      if (!described) return undefined;
      const { id, partitions } = described;
      return { id, count: partitions.length, replicas: Math.min(...partitions.map((each) => each.replicas.length)) };
    } catch (error) {
      if (isUnknownTopic(error)) return undefined;
      throw failureOf(error, `describe topic ${topic}`);
    }
  }

  private async config(topic: string, name: string): Promise<string | undefined> {
    const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: [name] }];
    const [described] = await this.asking('describe settings', () => this.admin.describeConfigs({ resources }));
    return described?.configs.find((config) => config.name === name)?.value ?? undefined;
  }

  private async asking<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      throw failureOf(error, doing);
    }
  }
}

function partitionsOf(described: DescribedTopic | undefined): number[] {
  return Array.from({ length: described?.count ?? 0 }, (_, partition) => partition);
}
