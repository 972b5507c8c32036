import type { Conversation, User } from '@parley/protocol';
import type { ConversationHead } from './conversation.ts';
import type { Epoch, OwnConversation } from './conversations-port.ts';
import { readVersionOf } from './read-position.ts';

/** The number of messages after the read position: the difference of two counts, without a row for each recipient. */
export function unreadCount({ head, participant, read }: OwnConversation): number {
  return Math.max(0, head.messageCount - Math.max(read.messageCount, participant.joinedMessageCount));
}

/** A conversation as its member sees it. */
export function memberView(own: OwnConversation, partner: User | null): Conversation {
  const { head, participant, read, lastMessage, epoch } = own;
  return {
    ...headView(head, epoch),
    membership: {
      role: participant.role,
      joinedSeq: participant.joinedSeq,
      visibleFromSeq: participant.visibleFromSeq,
      readSeq: Math.max(read.seq, participant.joinedSeq),
      ...readVersionOf(read),
    },
    unreadCount: unreadCount(own),
    lastMessage,
    partner,
  };
}

/** A public channel as users see it who have not joined. */
export function strangerView(head: ConversationHead, epoch: Epoch): Conversation {
  return { ...headView(head, epoch), membership: null, unreadCount: 0, lastMessage: null, partner: null };
}

function headView(head: ConversationHead, epoch: Epoch) {
  return {
    id: head.id,
    kind: head.kind,
    name: head.name,
    description: head.description,
    announceOnly: head.announceOnly,
    history: head.history,
    memberCount: head.memberCount,
    membershipSeq: head.membershipSeq,
    headSeq: head.headSeq,
    messageCount: head.messageCount,
    lastActivityAtMs: head.lastEntryAtMs,
    ...(head.revision > 0 && { revision: head.revision }),
    ...(epoch === undefined ? {} : { epoch }),
  };
}
