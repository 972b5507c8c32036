import { codePointLength } from '@parley/protocol/code-points';
import { limits } from '@parley/protocol/limits';
import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { randomId } from '../chat/random-id.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { offerNotifications } from '../notifications/offer.ts';
import { t } from '../strings/strings.ts';
import { draftKey, drafts, useDraft } from './drafts.ts';
import { useKeptSelection } from './use-kept-selection.ts';

/** From this many characters before the limit on, the rest is counted. */
const countedFrom = 500;

interface ComposerProps {
  conversationId: string;
  title: string;
  field: RefObject<HTMLTextAreaElement | null>;
  onSent(): void;
  onOwnLast(): void;
}

/** Where a message is written. All tabs share the draft; it goes only when the message is stored for sending. */
export function Composer({ conversationId, title, field, onSent, onOwnLast }: ComposerProps) {
  const chat = useChatItself();
  const accountId = useChat(({ account }) => account?.id ?? '');
  const key = draftKey(accountId, conversationId);
  const text = useDraft(accountId, conversationId);
  const release = useRef<() => void>(() => undefined);
  useKeptSelection(field, text);
  const [failure, setFailure] = useState('');
  const id = useId();
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [field]);
  useEffect(() => () => release.current(), []);
  useEffect(() => {
    // A tab was closed while it sent. The same id makes sending again safe, whether that tab stored the message or not.
    for (const { text, clientMessageId } of drafts.unkept(key)) {
      chat.request('send', conversationId, text, clientMessageId).then(
        () => drafts.kept(key, clientMessageId),
        // The next tab that opens the conversation tries again.
        reportError,
      );
    }
  }, [chat, conversationId, key]);
  const left = limits.textCodePoints - codePointLength(text);
  const canSend = text.trim() !== '' && left >= 0;
  const change = (next: string) => {
    drafts.edit(key, next);
    if (next !== '') void chat.request('typing', conversationId);
  };
  const send = async () => {
    if (!canSend) return;
    const clientMessageId = randomId();
    drafts.take(key, clientMessageId);
    setFailure('');
    onSent();
    try {
      await chat.request('send', conversationId, text, clientMessageId);
      drafts.kept(key, clientMessageId);
      offerNotifications();
    } catch (error) {
      drafts.giveBack(key);
      setFailure(failureText(error));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void send();
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      onOwnLast();
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label className="visually-hidden" htmlFor={id}>
        {t('writeTo', { title })}
      </label>
      <textarea
        id={id}
        ref={field}
        // Only where the style sheet can't have it grow with its text.
        rows={Math.min(text.split('\n').length, 8)}
        dir="auto"
        placeholder={t('writeTo', { title })}
        aria-describedby={`${id}-hint`}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        onCompositionStart={() => {
          release.current = drafts.hold(key);
        }}
        onCompositionEnd={() => release.current()}
        onBlur={() => release.current()}
      />
      <button type="submit" className="send" aria-label={t('send')} title={t('sendHint')} disabled={!canSend}>
        <SendHorizontal aria-hidden="true" className="mirrored" />
      </button>
      <p className="visually-hidden" id={`${id}-hint`}>
        {t('sendHint')}
      </p>
      <p className={left < 0 ? 'counter counter-over' : 'counter'} role="status" hidden={left > countedFrom}>
        {left > countedFrom
          ? ''
          : left >= 0
            ? t('charactersLeft', { count: left })
            : t('charactersOver', { count: -left })}
      </p>
      {failure && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
    </form>
  );
}
