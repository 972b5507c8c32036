import { codePointLength } from '@parley/protocol/code-points';
import { limits } from '@parley/protocol/limits';
import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useRef } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { hasFinePointer } from '../keys/fine-pointer.ts';
import { t } from '../strings/strings.ts';
import { CharactersLeft } from './characters-left.tsx';
import { draftKey, drafts, useDraft } from './drafts.ts';
import { MessageBox } from './message-box.tsx';
import { useKeptSelection } from './use-kept-selection.ts';
import { useSendAgain, useSendDraft } from './use-send.ts';

interface ComposerProps {
  conversationId: string;
  title: string;
  field: RefObject<HTMLTextAreaElement | null>;
  /** What is shown above the box. */
  head: ReactNode;
  /** Whether the message can't be sent as it is, for a reason that the head shows. */
  isBlocked: boolean;
  onSent(): void;
  /** ↑ in an empty box. */
  onOwnLast(): void;
  onEscape(): void;
}

/** The form that a message is written in. All tabs share the draft, which is cleared once the message is stored. */
export function Composer(props: ComposerProps) {
  const { conversationId, title, field, head, isBlocked, onSent, onOwnLast, onEscape } = props;
  const chat = useChatItself();
  const accountId = useChat(({ account }) => account?.id ?? '');
  const key = draftKey(accountId, conversationId);
  const text = useDraft(accountId, conversationId);
  useKeptSelection(field, text);
  const id = useId();
  useFocusAtStart(field);
  const holding = useHoldWhileComposing(key);
  const left = limits.textCodePoints - codePointLength(text);
  const canSend = text.trim() !== '' && left >= 0 && !isBlocked;
  useSendAgain(conversationId, key);
  const { sendDraft, failure } = useSendDraft(conversationId, key, onSent);
  const send = () => {
    if (canSend) void sendDraft(text);
  };
  const change = (next: string) => {
    drafts.edit(key, next);
    if (next !== '') void chat.request('typing', conversationId);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      onOwnLast();
    } else if (event.key === 'Escape') {
      onEscape();
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        // The button is disabled while the box is empty, and a disabled button loses the focus.
        if (hasFinePointer()) field.current?.focus();
      }}
    >
      {head}
      <label className="visually-hidden" htmlFor={id}>
        {t('writeTo', { title })}
      </label>
      <MessageBox
        id={id}
        field={field}
        text={text}
        placeholder={t('writeTo', { title })}
        aria-describedby={`${id}-hint`}
        onText={change}
        onEnter={send}
        onKeyDown={onKeyDown}
        {...holding}
      />
      <SendButton isDisabled={!canSend} />
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

function SendButton({ isDisabled }: { isDisabled: boolean }) {
  return (
    <button
      type="submit"
      className="send"
      aria-label={t('send')}
      title={t('sendHint')}
      disabled={isDisabled}
      onMouseDown={(event) => {
        // On touch screens, the focus stays where it is: the keyboard stays open, or hidden.
        if (!hasFinePointer()) event.preventDefault();
      }}
    >
      <SendHorizontal aria-hidden="true" className="mirrored" />
    </button>
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
    if (hasFinePointer()) field.current?.focus();
  }, [field]);
}
