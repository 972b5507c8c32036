import type { ConversationData } from '@parley/sdk';
import { titleOf } from '../strings/conversation-title.ts';
import { Avatar } from './avatar.tsx';

interface ConversationAvatarProps {
  conversation: ConversationData;
  /** Whether to show the presence of the other person of a direct chat. */
  showsPresence?: boolean;
}

/** A conversation's avatar: the other person's in a direct chat, or else its own. */
export function ConversationAvatar({ conversation, showsPresence = false }: ConversationAvatarProps) {
  const { id, kind, partner } = conversation;
  return (
    <Avatar
      id={partner?.id ?? id}
      name={titleOf(conversation)}
      kind={kind === 'direct' ? 'person' : kind}
      {...(partner && showsPresence ? { userId: partner.id } : {})}
    />
  );
}
