import type { ComponentProps, KeyboardEvent, RefObject } from 'react';
import { FaultBoundary } from '../faults/fault-boundary.tsx';
import { EmojiButton } from './emoji-button.tsx';
import { onEmphasisKey } from './emphasis-key.ts';
import { ShortcodeList } from './shortcode-list.tsx';
import { useShortcodes } from './use-shortcodes.ts';

interface MessageBoxProps extends Omit<ComponentProps<'textarea'>, 'ref' | 'value' | 'onChange'> {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText(text: string): void;
  /** Enter without Shift or Alt. */
  onEnter(): void;
  /** Any key that does not belong to emphasis or shortcodes. */
  onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void;
}

/** The box in which the text of a message is written: with keys for emphasis, shortcodes of emoji, and their picker. */
export function MessageBox({ field, text, onText, onEnter, onKeyDown, onBlur, ...attributes }: MessageBoxProps) {
  const shortcodes = useShortcodes(field);
  return (
    <>
      <textarea
        ref={field}
        // For browsers in which the style sheet can't make the box grow with its text.
        rows={Math.min(text.split('\n').length, 8)}
        dir="auto"
        value={text}
        onChange={(event) => {
          onText(event.target.value);
          shortcodes.look();
        }}
        onKeyDown={(event) => {
          if (shortcodes.takeKey(event) || onEmphasisKey(event)) return;
          if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            onEnter();
          } else onKeyDown(event);
        }}
        onBlur={(event) => {
          onBlur?.(event);
          shortcodes.close();
        }}
        {...shortcodes.attributes}
        {...attributes}
      />
      <FaultBoundary instead={null} of={String(shortcodes.list !== null)}>
        <ShortcodeList list={shortcodes.list} />
      </FaultBoundary>
      <EmojiButton field={field} />
    </>
  );
}
