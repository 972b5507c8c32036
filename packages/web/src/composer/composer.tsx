import { codePointLength } from '@parley/protocol/code-points';
import { limits } from '@parley/protocol/limits';
import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { draftKey, drafts, useDraft } from './drafts.ts';
import { useKeptSelection } from './use-kept-selection.ts';
import { useSendAgain, useSendDraft } from './use-send.ts';

/** The number of characters left shows when it is at most this. */
const countedFrom = 500;

interface ComposerProps {
  conversationId: string;
  title: string;
  field: RefObject<HTMLTextAreaElement | null>;
  onSent(): void;
  onOwnLast(): void;
}

/** The form that a message is written in. All tabs share the draft, which is cleared once the message is stored. */
export function Composer({ conversationId, title, field, onSent, onOwnLast }: ComposerProps) {
  const chat = useChatItself();
  const accountId = useChat(({ account }) => account?.id ?? '');
  const key = draftKey(accountId, conversationId);
  const text = useDraft(accountId, conversationId);
  useKeptSelection(field, text);
  const id = useId();
  useFocusAtStart(field);
  const holding = useHoldWhileComposing(key);
  const left = limits.textCodePoints - codePointLength(text);
  const canSend = text.trim() !== '' && left >= 0;
  useSendAgain(conversationId, key);
  const { sendDraft, failure } = useSendDraft(conversationId, key, onSent);
  const send = () => {
    if (canSend) void sendDraft(text);
  };
  const change = (next: string) => {
    drafts.edit(key, next);
    if (next !== '') void chat.request('typing', conversationId);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
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
        send();
      }}
    >
      <label className="visually-hidden" htmlFor={id}>
        {t('writeTo', { title })}
      </label>
      <textarea
        id={id}
        ref={field}
        // For browsers in which the style sheet can't make the box grow with its text.
        rows={Math.min(text.split('\n').length, 8)}
        dir="auto"
        placeholder={t('writeTo', { title })}
        aria-describedby={`${id}-hint`}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        {...holding}
      />
      <button type="submit" className="send" aria-label={t('send')} title={t('sendHint')} disabled={!canSend}>
        <SendHorizontal aria-hidden="true" className="mirrored" />
      </button>
      <p className="visually-hidden" id={`${id}-hint`}>
        {t('sendHint')}
      </p>
      <CharactersLeft count={left} />
      {failure && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
    </form>
  );
}

/** Says how many characters are left when they are few, or how many are too many. */
function CharactersLeft({ count }: { count: number }) {
  const isShown = count <= countedFrom;
  const text = () => (count >= 0 ? t('charactersLeft', { count }) : t('charactersOver', { count: -count }));
  return (
    <p className={count < 0 ? 'counter counter-over' : 'counter'} role="status" hidden={!isShown}>
      {isShown ? text() : ''}
    </p>
  );
}

/** Handlers of a field that keep other tabs from changing the draft while an input method composes text in it. */
function useHoldWhileComposing(key: string) {
  const release = useRef<() => void>(() => undefined);
  useEffect(() => () => release.current(), []);
  return {
    onCompositionStart() {
      release.current = drafts.hold(key);
    },
    onCompositionEnd: () => release.current(),
    onBlur: () => release.current(),
  };
}

/** Focuses the field when it is first shown, except on touch screens, where a keyboard would cover the messages. */
function useFocusAtStart(field: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [field]);
}
