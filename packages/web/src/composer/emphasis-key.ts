import type { KeyboardEvent } from 'react';
import { toggleEmphasis } from './emphasise.ts';
import { insertText } from './insert-text.ts';

const kinds = { KeyB: 'bold', KeyI: 'italic' } as const;

/** Handles Ctrl+B and Ctrl+I, on Apple's systems ⌘B and ⌘I. Returns whether it was one of them. */
export function onEmphasisKey(event: KeyboardEvent<HTMLTextAreaElement>): boolean {
  const isApple = /^(?:Mac|iP)/.test(navigator.platform);
  const isCommand = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const kind = kinds[keyOf(event) as keyof typeof kinds];
  if (!isCommand || event.altKey || event.shiftKey || kind === undefined) return false;
  event.preventDefault();
  const field = event.currentTarget;
  const { value, selectionStart, selectionEnd } = field;
  const { from, until, text, start, end } = toggleEmphasis(
    { text: value, start: selectionStart, end: selectionEnd },
    kind,
  );
  field.setSelectionRange(from, until);
  insertText(field, text);
  field.setSelectionRange(start, end);
  return true;
}

/** The key by the letter that it types, or by its position on keyboards that type no Latin letters. */
function keyOf({ key, code }: KeyboardEvent): string {
  return /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : code;
}
