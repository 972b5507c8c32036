import { isEmoji } from '@parley/protocol';
import { shownLanguage } from '../strings/strings.ts';

/** One emoji that can be chosen. */
export interface Emoji {
  emoji: string;
  /** The number of its category. */
  group: number;
  /** In the language of the page, or in English. */
  name: string;
  /** Lower case: what a search finds. */
  words: readonly string[];
  /** Without colons. The first one is the most common. */
  shortcodes: readonly string[];
  /** From light to dark; empty if the emoji has no skin. */
  tones: readonly string[];
}

const loaded = new Map<string, Promise<readonly Emoji[]>>();

/**
 * All emoji that this browser can show, in their usual order. Loads their names when they are first needed: in English,
 * and in the language of the page if that is Arabic.
 */
export function loadEmoji(): Promise<readonly Emoji[]> {
  const language = shownLanguage();
  const found = loaded.get(language) ?? load(language === 'ar');
  loaded.set(language, found);
  found.catch(() => loaded.delete(language));
  return found;
}

async function load(isArabic: boolean): Promise<readonly Emoji[]> {
  const [{ emojiLines }, arabic] = await Promise.all([
    import('./english-names.ts'),
    isArabic ? import('./arabic-names.ts') : null,
  ]);
  const names = new Map(arabic?.arabicLines.map(([emoji, name, words]) => [emoji, { name, words }]));
  const isShown = ([emoji]: (typeof emojiLines)[number]) => isEmoji(emoji);
  return emojiLines.filter(isShown).map(([emoji, group, english, tags, shortcodes, tones]) => {
    const local = names.get(emoji.replaceAll('\uFE0F', ''));
    const words = [english, tags, local?.name ?? '', local?.words ?? ''].join(' ').toLowerCase();
    return {
      ...{ emoji, group, name: local?.name || english },
      words: wordsOf(words),
      shortcodes: wordsOf(shortcodes),
      tones: wordsOf(tones),
    };
  });
}

/** The emoji with a skin tone: 0 is none, 1 to 5 are light to dark. */
export function toned({ emoji, tones }: Pick<Emoji, 'emoji' | 'tones'>, tone: number): string {
  return tones[tone - 1] ?? emoji;
}

/** The emoji that the person has chosen, the last one first, with the skin tones that they had. */
export function recentOf(all: readonly Emoji[], recent: readonly string[]): readonly Emoji[] {
  const known = new Map(all.flatMap((each) => [each.emoji, ...each.tones].map((form) => [form, each])));
  return recent.flatMap((emoji) => {
    const found = known.get(emoji);
    return found ? [{ ...found, emoji, tones: [] }] : [];
  });
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
