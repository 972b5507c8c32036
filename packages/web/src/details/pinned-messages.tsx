import { type MessageEntry, messageLink } from '@parley/protocol';
import { Link } from 'wouter';
import { useNames } from '../people/use-names.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { t } from '../strings/strings.ts';
import { exactTime, shortDate } from '../strings/times.ts';
import { useAlone } from '../style/use-room.ts';
import { usePins } from './use-pins.ts';

const excerptMax = 200;

interface PinnedMessagesProps {
  conversationId: string;
  /** Closes the details. */
  onClose(): void;
}

/** The pinned messages of a conversation, each of which leads to its place. */
export function PinnedMessages({ conversationId, onClose }: PinnedMessagesProps) {
  const { messages, failure } = usePins(conversationId);
  const isAlone = useAlone('details');
  return (
    <section className="pins" aria-label={t('pinnedMessages')}>
      <h2>{t('pinnedMessages')}</h2>
      {failure && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      {messages?.length === 0 && <p className="muted">{t('noPins')}</p>}
      <ul>
        {(messages ?? []).map((message) => (
          <li key={message.seq}>
            <PinnedMessage message={message} onFollow={() => isAlone && onClose()} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function PinnedMessage({ message, onFollow }: { message: MessageEntry; onFollow(): void }) {
  const { conversationId, seq, senderId, text, atMs } = message;
  const [name = ''] = useNames([senderId]);
  const { pathname } = new URL(messageLink(location.origin, conversationId, seq));
  return (
    // The state replaces that of a place where the person was reading.
    <Link href={pathname} state={{}} className="pin" onClick={onFollow}>
      <span className="pin-head">
        <bdi className="quote-name">{name}</bdi>
        <time className="muted" dateTime={new Date(atMs).toISOString()} title={exactTime(atMs)}>
          {shortDate(atMs)}
        </time>
      </span>
      <span className="pin-text" dir="auto">
        {plainExcerpt(text, excerptMax)}
      </span>
    </Link>
  );
}
