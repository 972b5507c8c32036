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
  /** In the order of their last use. */
  private readonly lists = new Map<ConversationId, Cached>();
  private participants = 0;

  constructor(
    private readonly store: Pick<ConversationStore, 'members'>,
    /** A participant takes about 300 bytes. */
    private readonly maxParticipants = 500_000,
  ) {}

  /** The members at `head` or later, without a promise if they are cached. Must be called after the commit of `head`. */
  membersAt(head: ConversationHead, epoch: Epoch): readonly Participant[] | Promise<readonly Participant[]> {
    const cached = this.lists.get(head.id);
    if (cached?.membershipSeq === head.membershipSeq && cached.epoch === epoch) {
      this.keep(head.id, cached);
      return cached.members;
    }
    return this.read(head, epoch);
  }

  private async read(head: ConversationHead, epoch: Epoch): Promise<readonly Participant[]> {
    const members = await this.store.members(head.id, { after: null, limit: bothWaysMembers });
    this.keep(head.id, { epoch, membershipSeq: head.membershipSeq, members });
    return members;
  }

  private keep(conversationId: ConversationId, cached: Cached): void {
    this.drop(conversationId);
    this.lists.set(conversationId, cached);
    this.participants += sizeOf(cached);
    for (const oldest of this.lists.keys()) {
      if (this.participants <= this.maxParticipants) return;
      this.drop(oldest);
    }
  }

  private drop(conversationId: ConversationId): void {
    const cached = this.lists.get(conversationId);
    if (!cached) return;
    this.lists.delete(conversationId);
    this.participants -= sizeOf(cached);
  }
}

/** A list takes some space of its own, also when nobody is in it. */
function sizeOf({ members }: Cached): number {
  return members.length + 1;
}
