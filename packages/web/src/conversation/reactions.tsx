import type { MessageChange, MessageEntry } from '@parley/protocol';
import { SmilePlus } from 'lucide-react';
import { locale, t } from '../strings/strings.ts';
import { type Anchor, anchorAt } from './anchor.ts';

interface ReactionsProps {
  entry: MessageEntry;
  /** Whether the Tab key reaches them. */
  isActive: boolean;
  onChange(change: MessageChange): void;
  /** Opens the picker. */
  onAdd(anchor: Anchor): void;
}

/** The reactions to a message. Those of the person are pressed; a click sets or removes one. */
export function Reactions({ entry, isActive, onChange, onAdd }: ReactionsProps) {
  const tabIndex = isActive ? 0 : -1;
  const toggle = (emoji: string, isMine: boolean) => onChange({ kind: 'react', emoji, set: !isMine });
  return (
    <ul className="reactions" aria-label={t('reactions')}>
      {(entry.reactions ?? []).map(({ emoji, count, mine = false }) => (
        <li key={emoji}>
          <button
            type="button"
            className="reaction"
            aria-pressed={mine}
            aria-label={t('reactionCount', { emoji, count })}
            tabIndex={tabIndex}
            onClick={() => toggle(emoji, mine)}
          >
            <span className="reaction-emoji">{emoji}</span>
            {count.toLocaleString(locale())}
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="reaction"
          aria-label={t('addReaction')}
          title={t('addReaction')}
          tabIndex={tabIndex}
          onClick={({ currentTarget }) => onAdd(anchorAt(currentTarget))}
        >
          <SmilePlus aria-hidden="true" />
        </button>
      </li>
    </ul>
  );
}

/** Whether two states of a message have the same reactions. */
export function haveSameReactions({ reactions: a = [] }: MessageEntry, { reactions: b = [] }: MessageEntry): boolean {
  return (
    a.length === b.length &&
    a.every(({ emoji, count, mine }, index) => {
      const other = b[index];
      return other?.emoji === emoji && other.count === count && other.mine === mine;
    })
  );
}
