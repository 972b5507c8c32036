import type {
  Ban,
  Conversation,
  ConversationId,
  Homepage,
  Member,
  ReadPositions,
  ResponseOf,
  UserId,
} from '@parley/protocol';
import * as z from 'zod/mini';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { showsReceipts } from '../conversations/conversation.ts';
import type { ConversationStore, Epoch, HomepagePage, OwnConversation } from '../conversations/conversations-port.ts';
import { isHiddenFrom, membershipOf, noSuchConversation } from '../conversations/membership.ts';
import { ownView, receiptOf } from '../conversations/read-position.ts';
import { memberView, strangerView } from '../conversations/views.ts';
import { cursorNumber, cursorText, decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { Refusal } from '../platform/failures.ts';
import { searchPrefixes } from '../platform/search-terms.ts';
import type { UserStore } from '../users/users-port.ts';
import { usersById } from './users-by-id.ts';

interface Page {
  cursor?: string | undefined;
  limit: number;
}

interface Order {
  order?: 'activity' | 'changes' | undefined;
}

interface Left {
  /** Whether to include conversations that the user has left. */
  left?: boolean | undefined;
}

const homepageCursor = z.tuple([cursorNumber, cursorText]);
const membersCursor = z.tuple([cursorNumber, cursorText]);
const bansCursor = z.tuple([cursorNumber]);
const searchCursor = z.tuple([cursorText, cursorText]);

/** Reads of conversations for the API. Every read includes what was acknowledged before it (contract 6). */
export class ConversationReads {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly users: Pick<UserStore, 'byIds'>,
    private readonly registry: Pick<ConnectionRegistry, 'online'>,
  ) {}

  /** The epoch of the user's shard, whether the user exists or not. */
  epochOf(userId: UserId): Promise<string | undefined> {
    return this.conversations.epochOf(userId);
  }

  /** A conversation of the user, or a public channel. Throws {@link Refusal} `not_found`. */
  async view(userId: UserId, conversationId: ConversationId): Promise<Conversation> {
    const own = await this.ownOrNull(userId, conversationId);
    if (own) return own;
    const found = await this.conversations.headsAndParticipants([conversationId], userId);
    const { head, epoch } = found.get(conversationId) ?? {};
    if (head?.kind === 'channel' && !head.closed) return strangerView(head, epoch);
    throw noSuchConversation();
  }

  /** Reads a direct conversation that the user has opened, and stops hiding it from the user, see `isHiddenFrom`. */
  async opened(userId: UserId, conversationId: ConversationId): Promise<Conversation> {
    const own = await this.conversations.own(userId, conversationId);
    if (!own) throw noSuchConversation();
    if (await isHiddenFrom(this.conversations, userId, own.head)) {
      const { joinedSeq: seq, joinedMessageCount: messageCount } = own.participant;
      await this.conversations.advanceReadPosition(userId, conversationId, { seq, messageCount });
    }
    return this.ownView(own);
  }

  /** The user's current view of the conversation; null when the user is not a member. */
  async ownOrNull(userId: UserId, conversationId: ConversationId): Promise<Conversation | null> {
    const own = await this.conversations.own(userId, conversationId);
    if (!own || (await isHiddenFrom(this.conversations, userId, own.head))) return null;
    return this.ownView(own);
  }

  async homepage(userId: UserId, { cursor, limit, left = false, order }: Page & Left & Order): Promise<Homepage> {
    const [atMs, conversationId] = cursor ? decodeCursor(cursor, homepageCursor) : [];
    const after = atMs !== undefined && conversationId !== undefined ? { atMs, conversationId } : null;
    const query = { userId, after, limit, left, byChange: order === 'changes' };
    return this.homepageView(await this.conversations.homepage(query));
  }

  /**
   * The state that a connection starts from: the first page of the homepage, which includes every read position up to
   * the revision.
   */
  async snapshot(
    userId: UserId,
    { limit, left = false }: Omit<Page, 'cursor'> & Left,
  ): Promise<{ homepage: Homepage; readRevision: number; epoch: Epoch }> {
    const { readRevision, epoch, ...page } = await this.conversations.snapshot({ userId, limit, left });
    return { homepage: await this.homepageView(page), readRevision, epoch };
  }

  private async homepageView({ rows, next }: HomepagePage): Promise<Homepage> {
    const own = rows.flatMap((row) => (row.kind === 'own' ? [row.conversation] : []));
    const partners = await usersById(
      this.users,
      this.registry,
      own.flatMap(({ partnerId }) => partnerId ?? []),
    );
    const left = rows.flatMap((row) => (row.kind === 'left' ? [row] : []));
    return {
      conversations: own.map((each) => memberView(each, partners.get(each.partnerId ?? '') ?? null)),
      left: left.map((row) => ({ conversationId: row.conversationId, atMs: row.atMs })),
      nextCursor: next ? encodeCursor([next.atMs, next.conversationId]) : null,
    };
  }

  /** A page of members in the order in which they joined. Throws {@link Refusal} `not_found`. */
  async members(userId: UserId, conversationId: ConversationId, page: Page): Promise<ResponseOf<'listMembers'>> {
    const { head } = await membershipOf(this.conversations, userId, conversationId);
    const [joinedSeq, afterId] = page.cursor ? decodeCursor(page.cursor, membersCursor) : [];
    const after = joinedSeq !== undefined && afterId !== undefined ? { joinedSeq, userId: afterId } : null;
    const members = await this.conversations.members(conversationId, { after, limit: page.limit });
    const memberIds = members.map((member) => member.userId);
    const users = await usersById(this.users, this.registry, memberIds);
    const positions = showsReceipts(head) ? await this.conversations.readPositions(conversationId, memberIds) : null;
    const last = members.length === page.limit ? members.at(-1) : undefined;
    return {
      members: members.flatMap(({ userId: id, role, joinedSeq }): Member[] => {
        const user = users.get(id);
        if (!user) return [];
        const readSeq = positions ? Math.max(receiptOf(positions.get(id)), joinedSeq) : null;
        return [{ user, role, joinedSeq, readSeq }];
      }),
      nextCursor: last ? encodeCursor([last.joinedSeq, last.userId]) : null,
    };
  }

  /** A page of bans, the newest first. Throws {@link Refusal} `not_found`, or `forbidden` for members. */
  async bans(userId: UserId, conversationId: ConversationId, page: Page): Promise<ResponseOf<'listBans'>> {
    const { participant } = await membershipOf(this.conversations, userId, conversationId);
    if (participant.role === 'member') throw new Refusal('forbidden', 'Only owners and admins may list bans.');
    const [before = null] = page.cursor ? decodeCursor(page.cursor, bansCursor) : [];
    const bans = await this.conversations.bans(conversationId, { before, limit: page.limit });
    const users = await usersById(this.users, this.registry, [
      ...new Set(bans.flatMap((ban) => [ban.userId, ban.bannedBy])),
    ]);
    const last = bans.length === page.limit ? bans.at(-1) : undefined;
    return {
      bans: bans.flatMap(({ userId: bannedId, bannedBy: byId, seq, atMs }): Ban[] => {
        const [user, bannedBy] = [users.get(bannedId), users.get(byId)];
        return user && bannedBy ? [{ user, bannedBy, seq, atMs }] : [];
      }),
      nextCursor: last ? encodeCursor([last.seq]) : null,
    };
  }

  async readPositions(userId: UserId, page: { after: number; limit: number }): Promise<ReadPositions> {
    const changed = await this.conversations.readPositionsAfter(userId, { revision: page.after, limit: page.limit });
    return {
      positions: changed.map((each) => ({ conversationId: each.conversationId, ...ownView(each) })),
      revision: changed.at(-1)?.revision ?? page.after,
      hasMore: changed.length === page.limit,
    };
  }

  async searchChannels(query: Page & { q?: string | undefined }): Promise<ResponseOf<'channelSearch'>> {
    const [term, id] = query.cursor ? decodeCursor(query.cursor, searchCursor) : [];
    const after = term !== undefined && id !== undefined ? { term, id } : null;
    const prefixes = query.q === undefined ? [''] : searchPrefixes(query.q);
    const found = await this.conversations.searchChannels({ prefixes, after, limit: query.limit });
    const last = found.length === query.limit ? found.at(-1) : undefined;
    return {
      channels: found.map(({ head }) => ({
        id: head.id,
        name: head.name ?? '',
        description: head.description,
        memberCount: head.memberCount,
      })),
      nextCursor: last ? encodeCursor([last.term, last.head.id]) : null,
    };
  }

  private async ownView(own: OwnConversation): Promise<Conversation> {
    const partners = await usersById(this.users, this.registry, own.partnerId ? [own.partnerId] : []);
    return memberView(own, partners.get(own.partnerId ?? '') ?? null);
  }
}
