import { type KeyboardEvent, type RefObject, useId, useRef, useState } from 'react';
import { type Emoji, loadEmoji, toned } from '../emoji/emoji.ts';
import { rememberEmoji } from '../emoji/recent-emoji.ts';
import { search, shortcodeBefore } from '../emoji/search.ts';
import { preferences } from '../preferences/preferences.ts';
import { insertText } from './insert-text.ts';

const offeredMax = 8;

interface Offer {
  /** What is before the caret, with its colon. */
  typed: string;
  found: readonly Emoji[];
}

/** Offers emoji while a `:shortcode:` is being typed, and replaces it by the chosen one, or by the one that it names. */
export function useShortcodes(field: RefObject<HTMLTextAreaElement | null>) {
  const [offer, setOffer] = useState<Offer | null>(null);
  const [at, setAt] = useState(0);
  const latest = useRef<string | null>(null);
  const id = useId();

  const close = () => setOffer(null);
  const insert = (typed: string, emoji: Emoji) => {
    const box = field.current;
    if (!box?.value.slice(0, box.selectionEnd).endsWith(typed)) return;
    const chosen = toned(emoji, preferences().skinTone);
    close();
    box.setSelectionRange(box.selectionEnd - typed.length, box.selectionEnd);
    insertText(box, `${chosen} `);
    rememberEmoji(chosen);
  };
  /** Call it when the text or the caret has changed. A shortcode is replaced only when its last character is typed. */
  const look = async (isTyping: boolean) => {
    const box = field.current;
    const hasCaret = box && box.selectionStart === box.selectionEnd;
    const typed = hasCaret ? shortcodeBefore(box.value.slice(0, box.selectionEnd)) : null;
    if (typed === latest.current) return;
    latest.current = typed;
    close();
    if (typed === null) return;
    // Without the names of emoji, the text stays as it is.
    const all = await loadEmoji().catch(() => []);
    if (latest.current !== typed) return;
    const named =
      isTyping && typed.endsWith(':') && all.find(({ shortcodes }) => shortcodes.includes(typed.slice(1, -1)));
    if (named) insert(typed, named);
    const found = typed.endsWith(':') ? [] : search(all, typed, offeredMax);
    if (found.length === 0) return;
    setOffer({ typed, found });
    setAt(0);
  };
  /** Returns whether the key chooses an emoji or moves between those that are offered. */
  const takeKey = (event: KeyboardEvent): boolean => {
    if (!offer || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return false;
    const chosen = offer.found[at];
    const { length } = offer.found;
    if (event.key === 'ArrowDown') setAt((at + 1) % length);
    else if (event.key === 'ArrowUp') setAt((at + length - 1) % length);
    else if (event.key === 'Escape') close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) insert(offer.typed, chosen);
    else return false;
    event.preventDefault();
    return true;
  };
  return {
    list: offer && { id, at, emoji: offer.found, choose: (emoji: Emoji) => insert(offer.typed, emoji) },
    /** The text has changed. */
    look: () => void look(true),
    takeKey,
    /** The attributes of the field. */
    attributes: {
      onSelect: () => void look(false),
      'aria-autocomplete': 'list',
      ...(offer && { 'aria-controls': id, 'aria-activedescendant': `${id}-${at}` }),
    } as const,
    close,
  };
}
