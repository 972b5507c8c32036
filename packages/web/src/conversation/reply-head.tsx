import { X } from 'lucide-react';
import { t } from '../strings/strings.ts';
import { QuotedMessage, useQuoted } from './quote.tsx';

interface ReplyHeadProps {
  conversationId: string;
  seq: number;
  onCancel(): void;
}

/** Shows above the box which message is being replied to, with a button to send the text without a reply. */
export function ReplyHead({ conversationId, seq, onCancel }: ReplyHeadProps) {
  const message = useQuoted(conversationId, seq);
  const refusal = replyRefusal(message);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a <fieldset> groups fields. */}
      <div className="composer-head" role="group" aria-label={t('replyingTo')}>
        <span className="composer-reply">
          {t('replyingTo')} <QuotedMessage message={message} />
        </span>
        <button type="button" className="icon-button small" aria-label={t('cancelReply')} onClick={onCancel}>
          <X aria-hidden="true" />
        </button>
      </div>
      {refusal && (
        <p className="failure" role="alert">
          {t(refusal)}
        </p>
      )}
    </>
  );
}

/** Why nobody can reply to the message. */
export function replyRefusal(message: ReturnType<typeof useQuoted>): 'replyToDeleted' | 'replyToMissing' | null {
  if (message === null) return 'replyToMissing';
  return message?.deleted ? 'replyToDeleted' : null;
}
