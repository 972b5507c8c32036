import { useEffect, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { shownText } from './shown-text.ts';

const nothing = { seq: 0, text: '' };

/** Makes screen readers read incoming messages; in a flood, only the newest. */
export function Announcer({ conversationId }: { conversationId: string }) {
  const chat = useChatItself();
  const [announced, setAnnounced] = useState(nothing);
  useEffect(
    () =>
      chat.follow(conversationId, {
        entry(entry) {
          if (entry.kind !== 'message' || entry.senderId === chat.account?.id) return;
          const nameOf = (userId: string) => chat.people.shownNameOf(userId);
          const text = plainExcerpt(shownText({ ...entry, entry }, nameOf), 500);
          setAnnounced({ seq: entry.seq, text: `${nameOf(entry.senderId)}: ${text}` });
        },
        // The text of a deleted message must not stay on the page. Changes are announced by the list.
        amended: ({ messages }) =>
          setAnnounced((last) => (messages.some(({ seq }) => seq === last.seq) ? nothing : last)),
        skipped: () => undefined,
      }),
    [chat, conversationId],
  );
  return (
    <p className="visually-hidden" role="status">
      {announced.text}
    </p>
  );
}
