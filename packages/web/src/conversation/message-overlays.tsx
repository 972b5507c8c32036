import { useCallback, useEffect, useRef } from 'react';
import { laterPart } from '../faults/later-part.ts';
import { Overlay } from '../faults/overlay.tsx';
import type { ActionContext } from './message-actions.ts';
import { messageOf, type Row } from './rows.ts';
import type { useMessageOverlay } from './use-message-overlay.ts';

const MessageMenu = laterPart(() => import('./message-menu.tsx'));
const EmojiPicker = laterPart(() => import('../emoji/emoji-picker.tsx'));
const ReactedPeople = laterPart(() => import('./reacted-people.tsx'));
const DeleteDialog = laterPart(() => import('./delete-dialog.tsx'));

interface MessageOverlaysProps {
  overlay: ReturnType<typeof useMessageOverlay>;
  rows: readonly Row[];
  context: ActionContext;
  focus(key: string): void;
}

/**
 * What is open for a message of the list: its menu, the picker of the emoji to react with, the list of who reacted, or
 * the confirmation of its deletion. It is closed when the message is gone.
 */
export function MessageOverlays({ overlay: { opened, close }, rows, context, focus }: MessageOverlaysProps) {
  const key = opened?.key ?? null;
  const message = key === null ? undefined : messageOf(rows, key);
  // A deleted message has a menu, and nothing else.
  const isGone = opened !== null && (!message || (opened.overlay !== 'menu' && Boolean(message.entry?.deleted)));
  /** The row that gets the focus when the overlay has been closed. */
  const left = useRef<string | null>(null);
  useEffect(() => {
    // Not before: while it is open, it keeps the focus.
    if (opened === null && left.current !== null) focus(left.current);
    left.current = null;
  }, [opened, focus]);
  const end = useCallback(
    (returnsFocus = true) => {
      left.current = returnsFocus ? key : null;
      close();
    },
    [key, close],
  );
  useEffect(() => {
    if (isGone) end();
  }, [isGone, end]);
  if (!opened || !message || isGone) return null;
  const { overlay, anchor } = opened;
  const react = (emoji: string) => {
    end();
    context.change(message, { kind: 'react', emoji, set: true });
  };
  return (
    <Overlay key={`${overlay} ${key}`} onClose={end}>
      {overlay === 'menu' && <MessageMenu {...{ message, context, anchor }} onClose={end} />}
      {overlay === 'picker' && <EmojiPicker anchor={anchor} onChoose={react} onClose={end} />}
      {overlay === 'reactions' && message.entry && <ReactedPeople entry={message.entry} onClose={end} />}
      {overlay === 'deletion' && (
        <DeleteDialog conversationId={context.conversationId} message={message} onClose={end} />
      )}
    </Overlay>
  );
}
