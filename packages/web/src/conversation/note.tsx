import { X } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { t } from '../strings/strings.ts';

/** A note on something that the person has just done disappears after this long. */
const passingMs = 5_000;

interface NoteState {
  text: string;
  /** It stays until the person closes it. */
  isLasting: boolean;
}

const none: NoteState = { text: '', isLasting: false };

/** A short text above the messages. */
export function useNote() {
  const [note, setNote] = useState(none);
  useEffect(() => {
    if (note.text === '' || note.isLasting) return;
    const timer = setTimeout(() => setNote(none), passingMs);
    return () => clearTimeout(timer);
  }, [note]);
  const say = useCallback((text: string) => setNote({ text, isLasting: false }), []);
  const keep = useCallback((text: string) => setNote({ text, isLasting: text !== '' }), []);
  return { note, say, keep };
}

export function Note({ note, onClose }: { note: NoteState; onClose(): void }) {
  return (
    <div className={note.text === '' ? 'list-note list-note-empty' : 'list-note'}>
      <span role="status">{note.text}</span>
      {note.isLasting && (
        <button type="button" className="icon-button small" aria-label={t('close')} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
