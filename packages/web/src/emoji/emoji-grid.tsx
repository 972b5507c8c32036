import { type KeyboardEvent, type RefObject, useState } from 'react';
import { type Emoji, toned } from './emoji.ts';

const columns = 8;
/** The rows that Page Up and Page Down move by. */
const pageRows = 5;

interface EmojiGridProps {
  label: string;
  emoji: readonly Emoji[];
  /** 0: none; 1 to 5: light to dark. */
  tone: number;
  grid: RefObject<HTMLDivElement | null>;
  onChoose(emoji: string): void;
  /** ↑ from the first row. */
  onLeave(): void;
}

/** A grid of emoji, of which the Tab key reaches one; the arrow keys move between them. */
export function EmojiGrid({ label, emoji, tone, grid, onChoose, onLeave }: EmojiGridProps) {
  const [at, setAt] = useState(0);
  const active = Math.min(at, emoji.length - 1);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const isRtl = getComputedStyle(event.currentTarget).direction === 'rtl';
    const next = movedBy(event, active, emoji.length, isRtl);
    if (next === null) return;
    event.preventDefault();
    if (next < 0) onLeave();
    else {
      setAt(next);
      grid.current?.querySelector<HTMLElement>(`[data-at="${next}"]`)?.focus();
    }
  };
  const rows = Array.from({ length: Math.ceil(emoji.length / columns) }, (_, row) => row * columns);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the cells of a <table> would need a layout of their own.
    <div className="emoji-grid" role="grid" aria-label={label} ref={grid} onKeyDown={onKeyDown}>
      {rows.map((start) => (
        // biome-ignore lint/a11y/useFocusableInteractive: its cells have the focus.
        // biome-ignore lint/a11y/useSemanticElements: see above.
        <div key={start} role="row" className="emoji-row">
          {emoji.slice(start, start + columns).map((each, column) => (
            // biome-ignore lint/a11y/useSemanticElements: see above.
            <button
              key={each.emoji}
              type="button"
              role="gridcell"
              className="emoji-cell"
              aria-label={each.name}
              title={each.shortcodes[0] ? `${each.name} :${each.shortcodes[0]}:` : each.name}
              tabIndex={start + column === active ? 0 : -1}
              data-at={start + column}
              onFocus={() => setAt(start + column)}
              onClick={() => onChoose(toned(each, tone))}
            >
              {toned(each, tone)}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

/** The index that a key moves to, within the grid; -1: above it. Null: the key does not move. */
function movedBy({ key, ctrlKey }: KeyboardEvent, at: number, count: number, isRtl: boolean): number | null {
  const last = count - 1;
  const row = at - (at % columns);
  const ahead = isRtl ? -1 : 1;
  const within = (index: number) => Math.max(0, Math.min(last, index));
  switch (key) {
    case 'ArrowRight':
      return within(at + ahead);
    case 'ArrowLeft':
      return within(at - ahead);
    case 'ArrowDown':
      return within(at + columns);
    case 'ArrowUp':
      return at < columns ? -1 : at - columns;
    case 'PageDown':
      return within(at + columns * pageRows);
    case 'PageUp':
      return within(at - columns * pageRows);
    case 'Home':
      return ctrlKey ? 0 : row;
    case 'End':
      return ctrlKey ? last : within(row + columns - 1);
    default:
      return null;
  }
}
