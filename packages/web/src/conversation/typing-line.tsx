import { useChat } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';

export function TypingLine({ conversationId }: { conversationId: string }) {
  const text = useChat((chat) => {
    const [first, ...others] = chat.typingIn(conversationId);
    if (first === undefined) return '';
    if (others.length > 0) return t('typingMany', { count: others.length + 1 });
    return t('typingOne', { name: chat.people.shownNameOf(first) });
  });
  return <p className="typing-line">{text}</p>;
}
