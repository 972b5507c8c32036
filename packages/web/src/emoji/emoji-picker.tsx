import { Popover } from '@base-ui/react/popover';
import {
  Clock,
  Dumbbell,
  Flag,
  Hand,
  Hash,
  Lightbulb,
  type LucideIcon,
  PawPrint,
  Plane,
  Smile,
  Utensils,
} from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useRef, useState } from 'react';
import { setPreferences, usePreferences } from '../preferences/preferences.ts';
import type { StringKey } from '../strings/english.ts';
import { t } from '../strings/strings.ts';
import { type Emoji, loadEmoji, recentOf, toned } from './emoji.ts';
import { EmojiGrid } from './emoji-grid.tsx';
import { rememberEmoji } from './recent-emoji.ts';
import { search } from './search.ts';

const foundMax = 120;
/** Closing by these leaves the focus where the person has put it. */
const elsewhere = new Set(['outside-press', 'focus-out']);
const recentGroup = -1;

const categories: readonly { group: number; label: StringKey; icon: LucideIcon }[] = [
  { group: recentGroup, label: 'emojiRecent', icon: Clock },
  { group: 0, label: 'emojiSmileys', icon: Smile },
  { group: 1, label: 'emojiPeople', icon: Hand },
  { group: 3, label: 'emojiAnimals', icon: PawPrint },
  { group: 4, label: 'emojiFood', icon: Utensils },
  { group: 5, label: 'emojiTravel', icon: Plane },
  { group: 6, label: 'emojiActivities', icon: Dumbbell },
  { group: 7, label: 'emojiObjects', icon: Lightbulb },
  { group: 8, label: 'emojiSymbols', icon: Hash },
  { group: 9, label: 'emojiFlags', icon: Flag },
];

const tones: readonly StringKey[] = [
  'toneNone',
  'toneLight',
  'toneMediumLight',
  'toneMedium',
  'toneMediumDark',
  'toneDark',
];

interface EmojiPickerProps {
  /** Where the picker opens: at a button that is pressed again to close it, or elsewhere. */
  anchor: Popover.Positioner.Props['anchor'];
  onChoose(emoji: string): void;
  /** @param returnsFocus whether the focus belongs to what the picker was opened for. */
  onClose(returnsFocus: boolean): void;
}

/** Chooses an emoji by search, or from a category; those chosen last come first. */
export default function EmojiPicker({ anchor, onChoose, onClose }: EmojiPickerProps) {
  const field = useRef<HTMLInputElement>(null);
  const choose = (emoji: string) => {
    rememberEmoji(emoji);
    onChoose(emoji);
  };
  return (
    <Popover.Root
      open
      onOpenChange={(isOpen, { reason, event }) => {
        if (!isOpen && !isOn(anchor, event)) onClose(!elsewhere.has(reason));
      }}
    >
      <Popover.Portal container={document.querySelector('main')}>
        <Popover.Positioner
          className="menu-positioner"
          anchor={anchor}
          align="start"
          sideOffset={4}
          collisionPadding={8}
        >
          <Popover.Popup className="emoji-picker" aria-label={t('chooseEmoji')} initialFocus={field} finalFocus={false}>
            <Choice field={field} onChoose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Whether an event goes to the button at which the picker is: the button itself closes the picker. */
function isOn(anchor: EmojiPickerProps['anchor'], event: Event): boolean {
  const button = typeof anchor === 'object' && anchor !== null && 'current' in anchor ? anchor.current : null;
  const target = event instanceof FocusEvent ? event.relatedTarget : event.target;
  return button !== null && target instanceof Node && button.contains(target);
}

function Choice({ field, onChoose }: { field: RefObject<HTMLInputElement | null>; onChoose(emoji: string): void }) {
  const { all, hasFailed } = useEmoji();
  const { recentEmoji, skinTone } = usePreferences();
  const [query, setQuery] = useState('');
  const [group, setGroup] = useState(recentEmoji.length > 0 ? recentGroup : 0);
  const grid = useRef<HTMLDivElement>(null);
  const isSearch = query.trim() !== '';
  const shown = useMemo(() => {
    if (isSearch) return search(all, query, foundMax);
    return group === recentGroup ? recentOf(all, recentEmoji) : all.filter((each) => each.group === group);
  }, [all, isSearch, query, group, recentEmoji]);
  const label = t(
    isSearch ? 'emojiMatches' : (categories.find((each) => each.group === group)?.label ?? 'emojiRecent'),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const [first] = shown;
    if (event.key === 'ArrowDown') grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    else if (event.key === 'Enter' && isSearch && first) onChoose(toned(first, skinTone));
    else return;
    event.preventDefault();
  };
  const panel = useId();
  return (
    <>
      <input
        ref={field}
        type="search"
        dir="auto"
        aria-label={t('searchEmoji')}
        placeholder={t('searchEmoji')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Categories
        {...{ group: isSearch ? null : group, panel }}
        onGroup={(chosen) => {
          setQuery('');
          setGroup(chosen);
        }}
      />
      <div className="emoji-panel" id={panel} role="tabpanel" aria-label={label}>
        {shown.length > 0 && (
          <EmojiGrid
            key={label + query}
            {...{ label, emoji: shown, tone: skinTone, grid, onChoose }}
            onLeave={() => field.current?.focus()}
          />
        )}
        <p className="muted" role={hasFailed ? 'alert' : 'status'}>
          {hasFailed ? t('emojiAway') : stateOf(all, shown, query)}
        </p>
      </div>
      <label className="emoji-tone">
        {t('skinTone')}
        <select value={skinTone} onChange={(event) => setPreferences({ skinTone: Number(event.target.value) })}>
          {tones.map((tone, index) => (
            <option key={tone} value={index}>
              {t(tone)}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function stateOf(all: readonly Emoji[], shown: readonly Emoji[], query: string): string {
  if (all.length === 0) return t('loadingEmoji');
  if (shown.length > 0) return query.trim() === '' ? '' : t('emojiFound', { count: shown.length });
  return query.trim() === '' ? t('noRecentEmoji') : t('noMatch', { query });
}

interface CategoriesProps {
  /** Null: a search is shown. */
  group: number | null;
  panel: string;
  onGroup(group: number): void;
}

/** The tabs of the categories, of which the Tab key reaches one. */
function Categories({ group, panel, onGroup }: CategoriesProps) {
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    categories.findIndex((each) => each.group === group),
  );
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const ahead = getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1;
    const steps: Partial<Record<string, number>> = {
      ArrowRight: at + ahead,
      ArrowLeft: at - ahead,
      Home: 0,
      End: categories.length - 1,
    };
    const next = steps[event.key];
    const category = next === undefined ? undefined : categories.at(next % categories.length);
    if (!category) return;
    event.preventDefault();
    onGroup(category.group);
    list.current?.querySelector<HTMLElement>(`[data-group="${category.group}"]`)?.focus();
  };
  return (
    <div className="emoji-categories" role="tablist" aria-label={t('emojiCategories')} ref={list} onKeyDown={onKeyDown}>
      {categories.map((category, index) => (
        <button
          key={category.group}
          type="button"
          role="tab"
          className="emoji-category"
          aria-selected={category.group === group}
          aria-controls={panel}
          aria-label={t(category.label)}
          title={t(category.label)}
          tabIndex={index === at ? 0 : -1}
          data-group={category.group}
          onClick={() => onGroup(category.group)}
        >
          <category.icon aria-hidden="true" />
        </button>
      ))}
    </div>
  );
}

/** All emoji, loaded when the picker opens. */
function useEmoji(): { all: readonly Emoji[]; hasFailed: boolean } {
  const [state, setState] = useState<{ all: readonly Emoji[]; hasFailed: boolean }>({ all: [], hasFailed: false });
  useEffect(() => {
    loadEmoji().then(
      (all) => setState({ all, hasFailed: false }),
      () => setState({ all: [], hasFailed: true }),
    );
  }, []);
  return state;
}
