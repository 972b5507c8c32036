import { codePointLength } from '@parley/protocol/code-points';
import { limits } from '@parley/protocol/limits';
import { Check, X } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { t } from '../strings/strings.ts';
import { CharactersLeft } from './characters-left.tsx';
import { MessageBox } from './message-box.tsx';

interface EditComposerProps {
  field: RefObject<HTMLTextAreaElement | null>;
  /** The text that the form begins with: of an edit that was left unfinished, or else that of the message. */
  draft: string;
  onChange(text: string): void;
  /** Resolves when the new text is on its way, or is that of the message. */
  onSave(text: string): Promise<void>;
  onClose(): void;
}

/** The form in which the text of a message is changed. It takes the place of the composer, whose draft is kept. */
export function EditComposer({ field, draft, onChange, onSave, onClose }: EditComposerProps) {
  const [text, setText] = useState(draft);
  const [failure, setFailure] = useState('');
  const id = useId();
  useEffect(() => {
    const { current } = field;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, [field]);
  const left = limits.textCodePoints - codePointLength(text);
  const canSave = text.trim() !== '' && left >= 0;
  const save = () => {
    if (canSave) onSave(text).then(onClose, (error: unknown) => setFailure(failureText(error)));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      onClose();
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <p className="composer-head">
        <span>{t('editing')}</span>
        <button type="button" className="icon-button small" aria-label={t('cancel')} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </p>
      <MessageBox
        field={field}
        text={text}
        aria-label={t('editMessage')}
        aria-describedby={`${id}-hint`}
        onText={(next) => {
          setText(next);
          onChange(next);
        }}
        onEnter={save}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="send" aria-label={t('save')} title={t('editHint')} disabled={!canSave}>
        <Check aria-hidden="true" />
      </button>
      <p className="visually-hidden" id={`${id}-hint`}>
        {t('editHint')}
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
