import type { ConversationId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../conversations/conversation.ts';
import type { ConversationStore, Epoch } from '../conversations/conversations-port.ts';
import { bothWaysMembers } from './route.ts';

interface Cached {
  epoch: Epoch;
  membershipSeq: number;
  members: readonly Participant[];
}

/**
 * The members of recently written conversations. A list is valid only for the membership entry at which it was read;
 * the head of every decided entry names the current one, so the log itself invalidates the cache. In another epoch the
 * same number is another entry.
 */
export class ParticipantsCache {
  private readonly lists = new Map<ConversationId, Cached>();

  constructor(
    private readonly store: Pick<ConversationStore, 'members'>,
    private readonly maxConversations = 20_000,
  ) {}

  /** The members at `head` or later, without a promise if they are cached. Must be called after the commit of `head`. */
  membersAt(head: ConversationHead, epoch: Epoch): readonly Participant[] | Promise<readonly Participant[]> {
    const cached = this.lists.get(head.id);
    if (cached?.membershipSeq === head.membershipSeq && cached.epoch === epoch) return cached.members;
    return this.read(head, epoch);
  }

  private async read(head: ConversationHead, epoch: Epoch): Promise<readonly Participant[]> {
    const members = await this.store.members(head.id, { after: null, limit: bothWaysMembers });
    this.keep(head.id, { epoch, membershipSeq: head.membershipSeq, members });
    return members;
  }

  private keep(conversationId: ConversationId, cached: Cached): void {
    this.lists.delete(conversationId);
    this.lists.set(conversationId, cached);
    const oldest = this.lists.size > this.maxConversations ? this.lists.keys().next() : undefined;
    if (oldest?.value !== undefined) this.lists.delete(oldest.value);
  }
}
