import { useEffect, useRef } from 'react';
import { toned } from '../emoji/emoji.ts';
import { usePreferences } from '../preferences/preferences.ts';
import { t } from '../strings/strings.ts';
import type { useShortcodes } from './use-shortcodes.ts';

/** The emoji that fit what is being typed. The field keeps the focus. */
export function ShortcodeList({ list }: { list: ReturnType<typeof useShortcodes>['list'] }) {
  const { skinTone } = usePreferences();
  const active = useRef<HTMLDivElement>(null);
  const at = list?.at;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is active.
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  if (!list) return null;
  return (
    <div className="shortcodes" role="listbox" id={list.id} aria-label={t('emojiMatches')}>
      {list.emoji.map((emoji, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus, and takes the keys.
        <div
          key={emoji.emoji}
          ref={index === at ? active : null}
          id={`${list.id}-${index}`}
          className="option shortcode"
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => list.choose(emoji)}
        >
          <span aria-hidden="true">{toned(emoji, skinTone)}</span>
          <bdi>{emoji.name}</bdi>
          {emoji.shortcodes[0] && <bdi className="muted">:{emoji.shortcodes[0]}:</bdi>}
        </div>
      ))}
    </div>
  );
}
