import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { Command, CommandOf } from '../../src/conversations/command.ts';
import { type CommandFields, serverCommandId } from '../../src/conversations/command-fields.ts';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { type BatchResult, decideBatch } from '../../src/distribution/decide-batch.ts';
import { factsNeeded } from '../../src/distribution/facts-needed.ts';
import { indexParticipants } from '../../src/distribution/index-participants.ts';
import { systemIds } from '../../src/platform/ids.ts';
import type { Stores } from './sqlite-stores.ts';

type CreateOptions = Partial<Omit<CommandOf<'create'>, keyof CommandFields | 'kind'>>;

/**
 * Creates and changes conversations as the product does: the rule decides commands, which are written, and their
 * participants are indexed.
 */
export class ConversationsUnderTest {
  /** The time of the next writes. */
  nowMs = 1_000;

  constructor(private readonly stores: Pick<Stores, 'history' | 'conversations'>) {}

  async carryOut(...commands: Command[]): Promise<BatchResult> {
    const { nowMs } = this;
    const batch = { records: commands.map((command) => ({ command })), reaches: [] };
    const result = await this.stores.history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, nowMs));
    await indexParticipants(result, this.stores.conversations);
    return result;
  }

  async create(creatorId: UserId, options: CreateOptions = {}): Promise<ConversationId> {
    const conversationId = systemIds.uuid();
    await this.entryOf({
      kind: 'create',
      conversationId,
      actorId: creatorId,
      commandId: serverCommandId('create'),
      conversationKind: 'group',
      name: 'Some name',
      description: '',
      announceOnly: false,
      history: 'all',
      userIds: [],
      ...options,
    });
    return conversationId;
  }

  createChannel(creatorId: UserId, name: string): Promise<ConversationId> {
    return this.create(creatorId, { conversationKind: 'channel', name });
  }

  async openDirect(userId: UserId, partnerId: UserId): Promise<ConversationId> {
    const conversationId = directConversationId(userId, partnerId);
    await this.entryOf({ ...fields(conversationId, userId), kind: 'open_direct', partnerId });
    return conversationId;
  }

  send(conversationId: ConversationId, actorId: UserId, text: string, commandId: string = systemIds.uuid()) {
    return this.entryOf({ kind: 'send', conversationId, actorId, commandId, text });
  }

  join(conversationId: ConversationId, userId: UserId): Promise<Entry> {
    return this.entryOf({ ...fields(conversationId, userId), kind: 'join' });
  }

  leave(conversationId: ConversationId, userId: UserId): Promise<Entry> {
    return this.entryOf({ ...fields(conversationId, userId), kind: 'leave' });
  }

  add(conversationId: ConversationId, actorId: UserId, userIds: UserId[]): Promise<Entry> {
    return this.entryOf({ ...fields(conversationId, actorId), kind: 'add', userIds });
  }

  rename(conversationId: ConversationId, actorId: UserId, name: string): Promise<Entry> {
    return this.entryOf({ ...fields(conversationId, actorId), kind: 'update', name });
  }

  /** The entry that a command makes; throws when it makes none. */
  async entryOf(command: Command): Promise<Entry> {
    const [outcome] = (await this.carryOut(command)).outcomes;
    if (outcome?.kind !== 'done') throw new Error(`${command.kind} resulted in ${JSON.stringify(outcome)}`);
    return outcome.entry;
  }
}

export function fields(conversationId: ConversationId, actorId: UserId): CommandFields {
  return { conversationId, actorId, commandId: serverCommandId(systemIds.uuid()) };
}

export function newIds(count: number): string[] {
  return Array.from({ length: count }, () => systemIds.uuid());
}

export async function readRevisionOf(
  { conversations }: Pick<Stores, 'conversations'>,
  userId: UserId,
): Promise<number> {
  return (await conversations.snapshot({ userId, limit: 1, left: false })).readRevision;
}
