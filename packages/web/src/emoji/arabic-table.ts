import arabic from 'cldr-annotations-full/annotations/ar/annotations.json';

/** Emoji, its name, and keywords separated by spaces. */
export type ArabicLine = readonly [string, string, string];

/** The Arabic names of emoji, as JSON. The bundler runs this. Emoji are without variation selectors. */
export function arabicTable(): string {
  const names: Readonly<Record<string, { default?: string[]; tts?: string[] }>> = arabic.annotations.annotations;
  const lines = Object.entries(names).map(
    ([emoji, { default: keywords = [], tts = [] }]): ArabicLine => [emoji, tts[0] ?? '', keywords.join(' ')],
  );
  return JSON.stringify(lines.filter(([emoji]) => /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(emoji)));
}
