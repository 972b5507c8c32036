import type { ConversationId, UserId } from '@parley/protocol';
import { type ConversationHead, isMember, type Participant } from '../../conversations/conversation.ts';
import type {
  ChangedReadPosition,
  ConversationStore,
  HeadAndParticipant,
  HomepagePage,
  HomepagePosition,
  HomepageQuery,
  HomepageRow,
  OwnConversation,
  ReadPosition,
  Snapshot,
} from '../../conversations/conversations-port.ts';
import { participantKey } from '../../history/history-port.ts';
import type { SearchQuery } from '../../platform/search-position.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import type { ConversationData } from './conversation-data.ts';
import { foundByTerm } from './found-by-term.ts';
import { kept } from './kept.ts';
import { type IndexedParticipant, MembershipIndex } from './membership-index.ts';

/** Conversations, participants, the index by user and read positions in memory. */
export class MemoryConversationStore implements ConversationStore {
  private readonly index = new MembershipIndex();
  private readonly positions = new Map<string, ChangedReadPosition & { userId: UserId }>();

  constructor(private readonly data: ConversationData) {}

  async epochOf(): Promise<string> {
    return this.data.epoch;
  }

  async head(conversationId: ConversationId): Promise<ConversationHead | undefined> {
    return this.data.listedHead(conversationId);
  }

  async headAndParticipant(conversationId: ConversationId, userId: UserId): Promise<HeadAndParticipant | undefined> {
    const head = this.data.listedHead(conversationId);
    const participant = this.data.participant(conversationId, userId);
    return head && { head, participant, epoch: this.data.epoch };
  }

  async participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined> {
    return this.data.participant(conversationId, userId);
  }

  async members(
    conversationId: ConversationId,
    { after, limit }: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]> {
    return this.currentMembers(conversationId)
      .filter((member) => !after || byJoining(member, after) > 0)
      .sort(byJoining)
      .slice(0, limit);
  }

  async indexParticipants(rows: readonly IndexedParticipant[]): Promise<void> {
    for (const row of rows) this.index.put(row);
  }

  async broadcastConversations(userId: UserId): Promise<ConversationId[]> {
    return this.index
      .of(userId)
      .filter(({ participant, broadcast }) => broadcast && isMember(participant))
      .map(({ participant }) => participant.conversationId);
  }

  async own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined> {
    const participant = this.index.get(userId, conversationId)?.participant;
    return isMember(participant) ? this.ownOf(participant) : undefined;
  }

  async homepage({ userId, after, limit, left }: HomepageQuery): Promise<HomepagePage> {
    const rows = this.index
      .of(userId)
      .flatMap(({ participant }) => this.rowOf(participant))
      .filter((row) => left || row.kind === 'own')
      .filter((row) => !after || newestFirst(positionOf(row), after) > 0)
      .sort((a, b) => newestFirst(positionOf(a), positionOf(b)))
      .slice(0, limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { rows, next: last ? positionOf(last) : null };
  }

  async snapshot(query: Omit<HomepageQuery, 'after'>): Promise<Snapshot> {
    const page = await this.homepage({ ...query, after: null });
    return { epoch: this.data.epoch, readRevision: this.revisionOf(query.userId), ...page };
  }

  async searchChannels(query: SearchQuery): Promise<{ head: ConversationHead; term: string }[]> {
    const channels = [...this.data.heads.values()].filter((head) => head.kind === 'channel' && !head.closed);
    const searched = channels.map((head) => ({ id: head.id, subject: head, terms: searchTerms(head.name ?? '') }));
    return foundByTerm(searched, query).map(({ subject, term }) => ({ head: subject, term }));
  }

  /** Terms are made as they are looked for. */
  async refreshTerms(): Promise<null> {
    return null;
  }

  async advanceReadPosition(userId: UserId, conversationId: ConversationId, to: ReadPosition): Promise<ReadPosition> {
    const key = participantKey(conversationId, userId);
    const now = this.positions.get(key);
    if (now && now.seq >= to.seq) return positionOnly(now);
    const revision = this.revisionOf(userId) + 1;
    this.positions.set(key, { ...to, userId, conversationId, revision });
    return kept(to);
  }

  async readPositionsAfter(
    userId: UserId,
    { revision, limit }: { revision: number; limit: number },
  ): Promise<ChangedReadPosition[]> {
    return this.readPositionsOf(userId)
      .filter((position) => position.revision > revision)
      .sort((a, b) => a.revision - b.revision)
      .slice(0, limit);
  }

  private revisionOf(userId: UserId): number {
    return Math.max(0, ...this.readPositionsOf(userId).map(({ revision }) => revision));
  }

  private readPositionsOf(userId: UserId): ChangedReadPosition[] {
    return [...this.positions.values()].flatMap(({ userId: ownerId, ...position }) =>
      ownerId === userId ? [position] : [],
    );
  }

  async readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    const positions = new Map<UserId, ReadPosition>();
    for (const userId of userIds) {
      const position = this.positions.get(participantKey(conversationId, userId));
      if (position) positions.set(userId, positionOnly(position));
    }
    return positions;
  }

  private currentMembers(conversationId: ConversationId): Participant[] {
    return [...(this.data.participants.get(conversationId)?.values() ?? [])].filter(isMember);
  }

  /** The row of a participant on its user's homepage, if there is one. */
  private rowOf(participant: Participant): HomepageRow[] {
    const { userId, conversationId, changedAtMs } = participant;
    if (!isMember(participant)) return [{ kind: 'left', atMs: changedAtMs, conversationId }];
    const conversation = this.ownOf(participant);
    const { kind, messageCount, createdBy, closed, lastEntryAtMs } = conversation.head;
    const isUnopened = kind === 'direct' && messageCount === 0 && createdBy !== userId;
    return isUnopened || closed ? [] : [{ kind: 'own', atMs: lastEntryAtMs, conversation }];
  }

  private ownOf(participant: Participant): OwnConversation {
    const { conversationId, userId, visibleFromSeq, joinedSeq, joinedMessageCount } = participant;
    const head = this.data.listedHead(conversationId);
    if (!head) throw new Error(`${userId} is a member of ${conversationId}, which doesn't exist`);
    const newest = this.data.entry(conversationId, head.lastMessageSeq);
    const partner = this.currentMembers(conversationId).find((member) => member.userId !== userId);
    return {
      head,
      participant,
      read: positionOnly(
        this.positions.get(participantKey(conversationId, userId)) ?? {
          seq: joinedSeq,
          messageCount: joinedMessageCount,
        },
      ),
      lastMessage: newest?.kind === 'message' && newest.seq >= visibleFromSeq ? newest : null,
      partnerId: head.kind === 'direct' ? (partner?.userId ?? null) : null,
      epoch: this.data.epoch,
    };
  }
}

function positionOnly({ seq, messageCount }: ReadPosition): ReadPosition {
  return { seq, messageCount };
}

function byJoining(a: { joinedSeq: number; userId: UserId }, b: { joinedSeq: number; userId: UserId }): number {
  return a.joinedSeq - b.joinedSeq || byId(a.userId, b.userId);
}

function positionOf(row: HomepageRow): HomepagePosition {
  const conversationId = row.kind === 'own' ? row.conversation.head.id : row.conversationId;
  return { atMs: row.atMs, conversationId };
}

function newestFirst(a: HomepagePosition, b: HomepagePosition): number {
  return b.atMs - a.atMs || byId(b.conversationId, a.conversationId);
}

function byId(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
