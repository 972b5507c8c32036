import { preferences, setPreferences } from '../preferences/preferences.ts';

const recentMax = 24;

/** Stores that the person has chosen an emoji. */
export function rememberEmoji(emoji: string): void {
  const others = preferences().recentEmoji.filter((each) => each !== emoji);
  setPreferences({ recentEmoji: [emoji, ...others].slice(0, recentMax) });
}
