import { type ConversationId, limits } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { isBroadcast } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';

/**
 * Counts the online members of conversations: for large ones it adds what servers reported, for others it looks up each
 * member.
 */
export class OnlineCounts {
  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'online' | 'onlineMembers'>,
    private readonly conversations: Pick<ConversationStore, 'head' | 'members'>,
  ) {}

  async of(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>> {
    const reported = await this.registry.onlineMembers(conversationIds);
    const counts = conversationIds.map(async (id): Promise<[ConversationId, number]> => {
      const head = await this.conversations.head(id);
      return [id, head && isBroadcast(head) ? (reported.get(id) ?? 0) : await this.lookedUp(id)];
    });
    return new Map(await Promise.all(counts));
  }

  private async lookedUp(conversationId: ConversationId): Promise<number> {
    const members = await this.conversations.members(conversationId, {
      after: null,
      limit: limits.directFanOutMembers,
    });
    return (await this.registry.online(members.map(({ userId }) => userId))).size;
  }
}
