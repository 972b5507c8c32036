import emojis from 'emojibase-data/en/compact.json';
import emojibaseShortcodes from 'emojibase-data/en/shortcodes/emojibase.json';
import githubShortcodes from 'emojibase-data/en/shortcodes/github.json';

/** Emoji, number of its category, name, keywords and shortcodes, and its five skin tones, each separated by spaces. */
export type EmojiLine = readonly [string, number, string, string, string, string];

/** The parts of emoji, such as skin tones and hair, which are not emoji by themselves. */
const componentGroup = 2;
const skinTones = ['1F3FB', '1F3FC', '1F3FD', '1F3FE', '1F3FF'];

/** All emoji in their usual order, as JSON. The bundler runs this, so that the page loads only what it needs of them. */
export function emojiTable(): string {
  const lines = emojis.flatMap((emoji): EmojiLine[] => {
    const { group, hexcode, label, tags = [], skins = [] } = emoji;
    if (group === undefined || group === componentGroup) return [];
    const shortcodes = [...listOf(githubShortcodes, hexcode), ...listOf(emojibaseShortcodes, hexcode)];
    const tones = skinTones.flatMap((tone) => {
      const isToned = (skin: (typeof skins)[number]) => tonesOf(skin.hexcode).every((each) => each === tone);
      return skins.filter(isToned).map((skin) => rgi(skin.unicode, skin.hexcode));
    });
    return [
      [
        rgi(emoji.unicode, hexcode),
        ...([group, label, tags.join(' '), [...new Set(shortcodes)].join(' ')] as const),
        // One tone for all people of the emoji.
        tones.length === skinTones.length ? tones.join(' ') : '',
      ],
    ];
  });
  return JSON.stringify(lines.toSorted(([, a], [, b]) => a - b));
}

/** The emoji as servers accept it. The data also ends emoji with a variation selector that they do not need. */
function rgi(text: string, hexcode: string): string {
  const plain = String.fromCodePoint(...hexcode.split('-').map((each) => Number.parseInt(each, 16)));
  return [text, text.replace(/\uFE0F$/, ''), plain].find((one) => /^\p{RGI_Emoji}$/v.test(one)) ?? plain;
}

function tonesOf(hexcode: string): string[] {
  return hexcode.split('-').filter((each) => skinTones.includes(each));
}

function listOf(shortcodes: Readonly<Record<string, string | string[]>>, hexcode: string): string[] {
  return [shortcodes[hexcode] ?? []].flat();
}
