import { Smile } from 'lucide-react';
import { type RefObject, useRef, useState } from 'react';
import { laterPart } from '../faults/later-part.ts';
import { Overlay } from '../faults/overlay.tsx';
import { t } from '../strings/strings.ts';
import { insertText } from './insert-text.ts';

const EmojiPicker = laterPart(() => import('../emoji/emoji-picker.tsx'));

/** Opens the picker of emoji, which inserts the chosen one where the caret of the field is. */
export function EmojiButton({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const close = (returnsFocus = true) => {
    setOpen(false);
    if (returnsFocus) field.current?.focus();
  };
  const insert = (emoji: string) => {
    close(false);
    if (field.current) insertText(field.current, emoji);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={t('chooseEmoji')}
        title={t('chooseEmoji')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => (isOpen ? close() : setOpen(true))}
      >
        <Smile aria-hidden="true" />
      </button>
      <Overlay onClose={close}>{isOpen && <EmojiPicker anchor={button} onChoose={insert} onClose={close} />}</Overlay>
    </>
  );
}
