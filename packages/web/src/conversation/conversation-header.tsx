import type { ConversationData } from '@parley/sdk';
import { PanelRight } from 'lucide-react';
import { useChat } from '../chat/use-chat.ts';
import { ConversationAvatar } from '../people/conversation-avatar.tsx';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { ViewHead } from '../style/view-head.tsx';

interface ConversationHeaderProps {
  conversation: ConversationData;
  showsDetails: boolean;
  onDetails(): void;
}

export function ConversationHeader({ conversation, showsDetails, onDetails }: ConversationHeaderProps) {
  const { id, partner, memberCount } = conversation;
  const title = titleOf(conversation);
  const isOnline = useChat((chat) => (partner ? (chat.online.get(partner.id) ?? false) : false));
  const onlineCount = useChat((chat) => chat.onlineCounts.get(id) ?? 0);
  const counts = [
    t('memberCount', { count: memberCount }),
    ...(onlineCount > 0 ? [t('onlineCount', { count: onlineCount })] : []),
  ];
  return (
    <ViewHead>
      <ConversationAvatar conversation={conversation} showsPresence />
      <div className="conversation-names">
        <h1>
          <bdi>{title}</bdi>
        </h1>
        <p className="muted">{partner ? t(isOnline ? 'online' : 'offline') : counts.join(' · ')}</p>
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={t('details')}
        title={t('details')}
        aria-expanded={showsDetails}
        onClick={onDetails}
      >
        <PanelRight aria-hidden="true" className="mirrored" />
      </button>
    </ViewHead>
  );
}
