import type { ConversationId, Entry } from '@parley/protocol';
import type { Delivery } from '../../connections/mailbox-port.ts';
import type { Outcome } from '../../conversations/command.ts';
import type { CommandRecord } from '../../distribution/command-log-port.ts';
import { distributionGroup } from './command-log.ts';
import { isUnknownTopic, type KafkaSettings } from './connection.ts';
import type { FetchedRecord } from './fetcher.ts';
import { deliveriesOf } from './mailbox-records.ts';
import { headerOf, parseRecord } from './record-format.ts';
import { type FoundRecord, searchRecords } from './record-search.ts';
import { commandsTopic, deadLetterTopic, mailboxTopic, type Topics } from './topics.ts';

/** A record of the command log. */
export interface LoggedCommand extends FoundRecord<CommandRecord | null> {
  commandId: string;
  /** The number of records before it in its partition that are not consumed; null once it is consumed. */
  before: number | null;
}

/** A record that was set aside. */
export interface SetAside {
  atMs: number;
  offset: bigint;
  reason: string;
}

/** A delivery in a server's mailbox. */
export interface InMailbox<Content> {
  serverId: string;
  atMs: number;
  offset: bigint;
  content: Content;
  /** The offset up to which the server has read, as committed within the last second. */
  takenUpTo: bigint;
}

/** Mailboxes keep nothing for longer. */
const mailboxMs = 900_000;

/** Finds records by reading the cluster's topics. Every call rejects with `Unavailable`. */
export class KafkaTrail {
  constructor(
    private readonly settings: KafkaSettings,
    private readonly topics: Topics,
  ) {}

  /** The newest records of commands with this id, which users in several conversations may have chosen. */
  async commands(commandId: string, time: { fromMs: number; toMs: number | null }): Promise<LoggedCommand[]> {
    const { clusterName } = this.settings;
    const topic = commandsTopic(clusterName);
    const field = commandIdField(commandId);
    const found = await searchRecords(this.settings, this.topics, {
      ...{ topic, ...time },
      // A record that is no command may have the id too.
      read: (record) => (record.value.includes(field) ? { record: commandIn(record) } : null),
    });
    const own = found.filter(({ content: { record } }) => record === null || record.command.commandId === commandId);
    const partitions = [...new Set(own.map(({ partition }) => partition))];
    const done = await this.topics.positions.committed(distributionGroup(clusterName), topic, partitions);
    return own.map((each) => {
      const before = each.offset - (done.get(each.partition) ?? 0n);
      return { ...each, commandId, content: each.content.record, before: before < 0n ? null : Number(before) };
    });
  }

  /** The number of distributors in the group. */
  async distributors(): Promise<number> {
    return (await this.topics.positions.members(distributionGroup(this.settings.clusterName))).length;
  }

  /** The newest record with this command id, and this conversation if one is named, that was set aside. */
  async setAside(commandId: string, conversationId: ConversationId | ''): Promise<SetAside | null> {
    const field = commandIdField(commandId);
    const [found] = await searchRecords(this.settings, this.topics, {
      ...{ topic: deadLetterTopic(this.settings.clusterName), fromMs: 0, toMs: null },
      read: ({ value, headers }) =>
        value.includes(field) && value.includes(conversationId) ? (headerOf(headers, 'reason') ?? '') : null,
    });
    return found ? { atMs: found.atMs, offset: found.offset, reason: found.content } : null;
  }

  /** The copies of an entry in the existing mailboxes. */
  copies({ conversationId, seq, atMs }: Entry): Promise<InMailbox<Extract<Delivery, { kind: 'entry' }>>[]> {
    return this.inMailboxes(conversationId, atMs, (delivery) =>
      delivery.kind === 'entry' && delivery.entry.conversationId === conversationId && delivery.entry.seq === seq
        ? delivery
        : null,
    );
  }

  /** The outcome of a command that is in the log since `sinceMs`, while a mailbox still has it. */
  async outcome({ replyTo }: CommandRecord, sinceMs: number): Promise<InMailbox<Outcome> | null> {
    const [found] = await this.inMailboxes(replyTo.requestId, sinceMs, (delivery) =>
      delivery.kind === 'outcome' && delivery.requestId === replyTo.requestId ? delivery.outcome : null,
    );
    return found ?? null;
  }

  private async inMailboxes<Content>(
    word: string,
    sinceMs: number,
    take: (delivery: Delivery) => Content | null,
  ): Promise<InMailbox<Content>[]> {
    const serverIds = await this.topics.mailboxes();
    const found = await Promise.all(
      serverIds.map((serverId) =>
        this.inMailbox(serverId, word, sinceMs, take).catch((error: unknown) => {
          // It was removed meanwhile, because its server stopped.
          if (isUnknownTopic(error)) return null;
          throw error;
        }),
      ),
    );
    return found.flatMap((each) => each ?? []);
  }

  private async inMailbox<Content>(
    serverId: string,
    word: string,
    sinceMs: number,
    take: (delivery: Delivery) => Content | null,
  ): Promise<InMailbox<Content> | null> {
    const topic = mailboxTopic(this.settings.clusterName, serverId);
    // The time and the record may come from different clocks.
    const fromMs = Math.max(sinceMs, Date.now() - mailboxMs) - clockSkewMs;
    const [found] = await searchRecords(this.settings, this.topics, {
      ...{ topic, fromMs, toMs: null },
      read(record) {
        if (!record.value.includes(word)) return null;
        for (const delivery of deliveriesOf(record) ?? []) {
          const taken = take(delivery);
          if (taken !== null) return taken;
        }
        return null;
      },
    });
    if (!found) return null;
    const taken = await this.topics.positions.committed(topic, topic, [0]);
    return { ...found, serverId, takenUpTo: taken.get(0) ?? 0n };
  }
}

const clockSkewMs = 60_000;

/** Null when this version can't read it as a command. */
function commandIn(record: FetchedRecord): CommandRecord | null {
  const parsed = parseRecord(record);
  return parsed.kind === 'command' ? parsed.record : null;
}

/** The form of a command's id in its record. */
function commandIdField(commandId: string): string {
  return `"commandId":${JSON.stringify(commandId)}`;
}
