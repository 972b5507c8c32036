import type { ConversationId, Entry, UserId } from '@parley/protocol';
import { commandsTopic, mailboxTopic } from '../adapters/kafka/topics.ts';
import { KafkaTrail, type LoggedCommand } from '../adapters/kafka/trail.ts';
import { postgresStores } from '../adapters/postgres/stores.ts';
import { isMember } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import { type HistoryStore, repeatKey } from '../history/history-port.ts';
import type { MessageName } from '../history/message-name.ts';
import { type CopyHop, type LogHop, type MessageTrace, readersMax, readersOf } from '../history/message-trace.ts';
import { type ClusterConfig, type ClusterServices, openServices, reached } from './cluster.ts';

/** Tolerance for differing clocks and for commands that waited in the log. */
const aroundMs = 600_000;
/** The maximum number of members to search for the sender of an old message. */
const sendersMax = 10_000;
const membersPage = 500;

type Command = NonNullable<MessageTrace['command']>;

/**
 * Finds the messages of this name: in the log as far back as `windowMs`, in the database by dedupe key or number. Only
 * reads; works with and without running processes. Returns none when no message has the name.
 *
 * @throws {Unusable} when a service can't be reached, or holds too much to search.
 */
export async function traceInCluster(
  config: ClusterConfig,
  name: MessageName,
  windowMs: number,
): Promise<MessageTrace[]> {
  const services = await openServices(config, { redis: 'optional' });
  try {
    const tracer = new ClusterTracer(services);
    const work = name.kind === 'number' ? tracer.byNumber(name) : tracer.byId(name, windowMs);
    return await reached('--kafka, --postgres', () => work);
  } finally {
    await services.close();
  }
}

class ClusterTracer {
  private readonly trail: KafkaTrail;
  private readonly history: HistoryStore;
  private readonly conversations: ConversationStore;

  constructor(private readonly services: ClusterServices) {
    this.trail = new KafkaTrail(services.kafka, services.topics);
    const { history, conversations } = postgresStores(services.database);
    this.history = history;
    this.conversations = conversations;
  }

  async byNumber({ conversationId, seq }: Extract<MessageName, { kind: 'number' }>): Promise<MessageTrace[]> {
    const range = { conversationId, fromSeq: seq, toSeq: seq, limit: 1, textBytes: 0 };
    const [entry] = await this.history.range({ ...range, order: 'oldest_first' });
    if (!entry) return [];
    if (entry.kind !== 'message') return [await this.ofEntry(null, entry, null)];
    const time = { fromMs: entry.atMs - aroundMs, toMs: entry.atMs + aroundMs };
    const logged = await this.trail.commands(entry.clientMessageId, time);
    const command = { conversationId, senderId: entry.senderId, commandId: entry.clientMessageId };
    return [await this.ofEntry(command, entry, logged.find((each) => isOf(each, command)) ?? null)];
  }

  async byId(name: Extract<MessageName, { kind: 'id' }>, windowMs: number): Promise<MessageTrace[]> {
    const { clientMessageId, conversationId } = name;
    const logged = await this.trail.commands(clientMessageId, { fromMs: Date.now() - windowMs, toMs: null });
    const ofConversation = logged.filter(
      ({ content }) => conversationId === null || content === null || content.command.conversationId === conversationId,
    );
    if (ofConversation.length > 0) return Promise.all(newestOfEach(ofConversation).map((each) => this.ofLogged(each)));
    const entries = conversationId === null ? [] : await this.sentBy(conversationId, clientMessageId);
    if (entries.length > 0) {
      return Promise.all(entries.map((entry) => this.ofEntry(commandOf(entry, clientMessageId), entry, null)));
    }
    const setAside = await this.trail.setAside(clientMessageId, conversationId ?? '');
    return setAside ? [{ ...nothing, setAside }] : [];
  }

  private async ofLogged(logged: LoggedCommand): Promise<MessageTrace> {
    const record = logged.content;
    const log = await this.logHop(logged);
    if (record === null) return { ...nothing, log, setAside: await this.trail.setAside(logged.commandId, '') };
    const { conversationId, actorId: senderId, commandId } = record.command;
    const command = { conversationId, senderId, commandId };
    const [entry] = await this.repeated(conversationId, [senderId], commandId);
    if (entry) return this.ofEntry(command, entry, logged);
    const found = { ...nothing, command, log, traceId: traceIdOf(logged) };
    const setAside = await this.trail.setAside(commandId, conversationId);
    if (setAside) return { ...found, setAside };
    const answer = await this.trail.outcome(record, logged.atMs);
    if (answer?.content.kind !== 'refused') return found;
    const { code, detail } = answer.content;
    return { ...found, refusal: { atMs: answer.atMs, code, detail } };
  }

  private async ofEntry(command: Command | null, entry: Entry, logged: LoggedCommand | null): Promise<MessageTrace> {
    const { database } = this.services;
    const { conversationId } = entry;
    const shard = database.shardOf(conversationId);
    const page = { after: null, limit: readersMax };
    const [copies, members, head] = await Promise.all([
      this.copies(entry),
      this.conversations.members(conversationId, page),
      this.conversations.head(conversationId),
    ]);
    const userIds = members.map(({ userId }) => userId);
    const positions = await this.conversations.readPositions(conversationId, userIds);
    return {
      ...{ ...nothing, command, copies },
      traceId: logged && traceIdOf(logged),
      log: logged && { ...(await this.logHop(logged)), waiting: null },
      decided: { entry, location: { shard, server: database.serverOf(shard) } },
      readers: readersOf(entry, members, positions),
      furtherReaders: (head?.memberCount ?? 0) - members.length,
    };
  }

  private async logHop({ partition, offset, atMs, before }: LoggedCommand): Promise<LogHop> {
    const topic = commandsTopic(this.services.kafka.clusterName);
    const waiting = before === null ? null : { before, distributors: await this.trail.distributors() };
    return { topic, partition, offset: Number(offset), atMs, waiting };
  }

  private async copies(entry: Entry): Promise<CopyHop[]> {
    const { clusterName } = this.services.kafka;
    return (await this.trail.copies(entry)).map(({ serverId, atMs, offset, content, takenUpTo }) => ({
      ...{ serverId, atMs, topic: mailboxTopic(clusterName, serverId), offset: Number(offset) },
      recipients: content.recipientIds.length,
      taken: offset < takenUpTo,
    }));
  }

  /** The messages with this id that current members of the conversation sent. */
  private async sentBy(conversationId: ConversationId, commandId: string): Promise<Entry[]> {
    const found: Entry[] = [];
    let after: { joinedSeq: number; userId: UserId } | null = null;
    for (let looked = 0; looked < sendersMax; looked += membersPage) {
      const members = await this.conversations.members(conversationId, { after, limit: membersPage });
      const senderIds = members.filter(isMember).map(({ userId }) => userId);
      found.push(...(await this.repeated(conversationId, senderIds, commandId)));
      const last = members.at(-1);
      if (!last || members.length < membersPage) break;
      after = { joinedSeq: last.joinedSeq, userId: last.userId };
    }
    return found;
  }

  /** The entries of these commands, by their dedupe keys (contract 2). Changes nothing. */
  private repeated(conversationId: ConversationId, actorIds: readonly UserId[], commandId: string): Promise<Entry[]> {
    const repeats = actorIds.map((actorId) => ({ conversationId, actorId, commandId }));
    return this.history.apply(
      { conversationIds: [conversationId], participants: [], banned: [], reaches: [], repeats },
      (facts) => ({
        changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [] },
        result: actorIds.flatMap(
          (actorId) => facts.repeats.get(repeatKey(conversationId, actorId, commandId))?.entry ?? [],
        ),
      }),
    );
  }
}

const nothing: MessageTrace = {
  ...{ command: null, traceId: null, log: null, setAside: null, refusal: null, decided: null },
  ...{ copies: [], readers: [], furtherReaders: 0 },
};

function commandOf({ conversationId, senderId }: Entry, commandId: string): Command {
  return { conversationId, senderId, commandId };
}

function isOf({ content }: LoggedCommand, { conversationId, senderId }: Command): boolean {
  return content?.command.conversationId === conversationId && content.command.actorId === senderId;
}

/** A command that was retried is in the log several times. */
function newestOfEach(logged: readonly LoggedCommand[]): LoggedCommand[] {
  const newest = new Map<string, LoggedCommand>();
  for (const each of logged) {
    const command = each.content?.command;
    const key = command ? `${command.conversationId}/${command.actorId}` : '';
    if (!newest.has(key)) newest.set(key, each);
  }
  return [...newest.values()];
}

function traceIdOf({ content }: LoggedCommand): string | null {
  return content?.trace?.split('-')[1] ?? null;
}
