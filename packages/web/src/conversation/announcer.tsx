import { cutText } from '@parley/protocol/graphemes';
import { useEffect, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';

/** Makes screen readers read incoming messages; in a flood, only the newest. */
export function Announcer({ conversationId }: { conversationId: string }) {
  const chat = useChatItself();
  const [text, setText] = useState('');
  useEffect(
    () =>
      chat.follow(conversationId, {
        entry(entry) {
          if (entry.kind !== 'message' || entry.senderId === chat.account?.id) return;
          setText(`${chat.nameOf(entry.senderId) ?? t('unknownPerson')}: ${cutText(entry.text, 500)}`);
        },
        skipped: () => undefined,
      }),
    [chat, conversationId],
  );
  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}
