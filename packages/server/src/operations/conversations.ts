import type { Conversation, ConversationId, RequestOf, Role, UserId } from '@parley/protocol';
import type { Command, CommandOf } from '../conversations/command.ts';
import { type CommandFields, serverCommandId } from '../conversations/command-fields.ts';
import { directConversationId, requestedConversationId } from '../conversations/conversation-ids.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import { Refusal } from '../platform/failures.ts';
import type { Ids } from '../platform/ids.ts';
import type { UserStore } from '../users/users-port.ts';
import type { ConversationReads } from './conversation-reads.ts';

/** One kind of command without the fields of every command. */
type Wish<Kind extends Command['kind'] = Command['kind']> = Kind extends Command['kind']
  ? Omit<CommandOf<Kind>, keyof CommandFields>
  : never;

/**
 * The channel & group service: each method submits a command that changes a conversation and resolves once its entry is
 * on disk, or throws the {@link Refusal} of the rule.
 */
export class Conversations {
  constructor(
    private readonly submitter: CommandSubmitter,
    private readonly reads: ConversationReads,
    private readonly users: Pick<UserStore, 'byIds'>,
    private readonly ids: Ids,
  ) {}

  async openDirect(userId: UserId, partnerId: UserId): Promise<Conversation> {
    if (userId === partnerId) throw invalid('/userId', 'must be another user');
    await this.requireUsers([partnerId]);
    const conversationId = directConversationId(userId, partnerId);
    await this.carryOut(userId, conversationId, { kind: 'open_direct', partnerId });
    return this.reads.opened(userId, conversationId);
  }

  async createGroup(userId: UserId, body: RequestOf<'createGroup'>['body']): Promise<Conversation> {
    const userIds = body.userIds ?? [];
    await this.requireUsers(userIds);
    return this.create(userId, body, { conversationKind: 'group', userIds });
  }

  createChannel(userId: UserId, body: RequestOf<'createChannel'>['body']): Promise<Conversation> {
    return this.create(userId, body, { conversationKind: 'channel', userIds: [] });
  }

  async join(userId: UserId, conversationId: ConversationId): Promise<Conversation> {
    await this.carryOut(userId, conversationId, { kind: 'join' });
    return this.reads.view(userId, conversationId);
  }

  leave(userId: UserId, conversationId: ConversationId): Promise<void> {
    return this.carryOut(userId, conversationId, { kind: 'leave' });
  }

  async update(
    userId: UserId,
    conversationId: ConversationId,
    change: RequestOf<'updateConversation'>['body'],
  ): Promise<Conversation> {
    await this.carryOut(userId, conversationId, { kind: 'update', ...change });
    return this.reads.view(userId, conversationId);
  }

  async addMembers(userId: UserId, conversationId: ConversationId, userIds: UserId[]): Promise<void> {
    await this.requireUsers(userIds);
    return this.carryOut(userId, conversationId, { kind: 'add', userIds });
  }

  removeMember(userId: UserId, conversationId: ConversationId, memberId: UserId): Promise<void> {
    return this.carryOut(userId, conversationId, { kind: 'remove', userId: memberId });
  }

  async ban(userId: UserId, conversationId: ConversationId, bannedId: UserId): Promise<void> {
    const [known] = await this.users.byIds([bannedId]);
    if (!known) throw noSuchUser(bannedId);
    return this.carryOut(userId, conversationId, { kind: 'ban', userId: bannedId });
  }

  unban(userId: UserId, conversationId: ConversationId, bannedId: UserId): Promise<void> {
    return this.carryOut(userId, conversationId, { kind: 'unban', userId: bannedId });
  }

  setRole(userId: UserId, conversationId: ConversationId, memberId: UserId, role: Role): Promise<void> {
    return this.carryOut(userId, conversationId, { kind: 'set_role', userId: memberId, role });
  }

  private async create(
    userId: UserId,
    body: RequestOf<'createGroup'>['body'] | RequestOf<'createChannel'>['body'],
    kind: Pick<Wish<'create'>, 'conversationKind' | 'userIds'>,
  ): Promise<Conversation> {
    const { clientRequestId } = body;
    const conversationId = clientRequestId ? requestedConversationId(userId, clientRequestId) : this.ids.uuid();
    const wish: Wish<'create'> = {
      kind: 'create',
      name: body.name,
      description: body.description ?? '',
      announceOnly: body.announceOnly ?? false,
      history: body.history ?? 'all',
      ...kind,
    };
    await this.carryOut(userId, conversationId, wish, clientRequestId);
    return this.reads.view(userId, conversationId);
  }

  private async carryOut(
    actorId: UserId,
    conversationId: ConversationId,
    wish: Wish,
    clientRequestId?: string,
  ): Promise<void> {
    const commandId = serverCommandId(clientRequestId ?? this.ids.uuid());
    const outcome = await this.submitter.submit({ ...wish, actorId, conversationId, commandId });
    if (outcome.kind === 'refused') throw new Refusal(outcome.code, outcome.detail);
  }

  private async requireUsers(userIds: readonly UserId[]): Promise<void> {
    const found = new Set((await this.users.byIds(userIds)).filter((user) => !user.disabled).map((user) => user.id));
    const missing = userIds.find((userId) => !found.has(userId));
    if (missing !== undefined) throw noSuchUser(missing);
  }
}

function noSuchUser(userId: UserId): Refusal {
  return new Refusal('not_found', `There is no user ${userId}.`);
}

function invalid(field: string, rule: string): Refusal {
  return new Refusal('invalid_request', `${field} ${rule}`, { errors: [{ field, rule }] });
}
