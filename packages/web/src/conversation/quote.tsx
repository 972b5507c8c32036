import { type MessageEntry, messageLink } from '@parley/protocol';
import { Reply } from 'lucide-react';
import { useChat } from '../chat/use-chat.ts';
import { useNames } from '../people/use-names.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { t } from '../strings/strings.ts';
import { shownText } from './shown-text.ts';

const excerptMax = 200;

interface QuoteProps {
  conversationId: string;
  /** The number of the quoted message. */
  seq: number;
  /** Whether the Tab key reaches it. */
  isActive: boolean;
}

/** The message that another one replies to, in its present state. Leads there, as a link of a message does. */
export function Quote({ conversationId, seq, isActive }: QuoteProps) {
  return (
    <a className="quote" href={messageLink(location.origin, conversationId, seq)} tabIndex={isActive ? 0 : -1}>
      <Reply aria-hidden="true" className="mirrored" />
      <span className="visually-hidden">{t('inReplyTo')} </span>
      <QuotedMessage message={useQuoted(conversationId, seq)} />
    </a>
  );
}

/** The message; undefined until it has arrived. Null: there is none that the person may see. */
export function useQuoted(conversationId: string, seq: number): MessageEntry | null | undefined {
  return useChat((chat) => chat.quoted.of(conversationId, seq));
}

/** The sender of a quoted message and the beginning of its text. */
export function QuotedMessage({ message }: { message: MessageEntry | null | undefined }) {
  const ids = message ? [message.senderId, message.deleted?.byId ?? message.senderId] : [];
  const [name = '', deletedBy = ''] = useNames(ids);
  if (!message) return <span className="quote-text">{t(message === null ? 'messageMissing' : 'loadingMessage')}</span>;
  if (message.deleted) {
    const text = shownText({ ...message, entry: message }, () => deletedBy);
    return <span className="quote-text message-deleted">{text}</span>;
  }
  return (
    <>
      <bdi className="quote-name">{name}</bdi>{' '}
      <bdi className="quote-text" dir="auto">
        {plainExcerpt(message.text, excerptMax)}
      </bdi>
      {message.editedAtMs !== undefined && <span className="quote-edited"> {t('editedMark')}</span>}
    </>
  );
}
