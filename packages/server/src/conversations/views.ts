import type { Conversation, User } from '@parley/protocol';
import type { UserRecord } from '../users/users-port.ts';
import type { ConversationHead } from './conversation.ts';
import type { Epoch, OwnConversation } from './conversations-port.ts';

/** Messages after the read position: a difference of two counts, with no row for each recipient. */
export function unreadCount({ head, participant, read }: OwnConversation): number {
  return Math.max(0, head.messageCount - Math.max(read.messageCount, participant.joinedMessageCount));
}

export function userView(user: UserRecord, online: boolean): User {
  const { id, username, displayName } = user;
  return { id, username, displayName, version: nameVersion(username, displayName), online };
}

const nameVersionBits = 40;

/** Made of the names alone: the same on every server, and right again in a store that was put back. */
function nameVersion(username: string, displayName: string): string {
  const hash = Bun.hash.xxHash64(`${username}\n${displayName}`);
  return BigInt.asUintN(nameVersionBits, hash).toString(36);
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
    },
    unreadCount: unreadCount(own),
    lastMessage,
    partner,
  };
}

/** A public channel as somebody sees it who hasn't joined. */
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
    ...(epoch === undefined ? {} : { epoch }),
  };
}
