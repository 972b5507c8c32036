/** Control characters that a terminal would execute, and marks that change the direction of the text after them. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text that is safe to print: it can't move the cursor, set colours, ring the bell, or reorder other text. */
export function displayText(text: string): string {
  return text.replaceAll(CONTROLS, (control) => {
    if (control === '\n') return '\n';
    if (control === '\t') return '    ';
    return control.length === 1 && control < ' ' ? String.fromCharCode(0x2400 + control.charCodeAt(0)) : '\ufffd';
  });
}

/** The same in one line. */
export function displayLine(text: string): string {
  return displayText(text).replaceAll('\n', ' ');
}

const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const shortMax = 40;

/** The beginning of a text in one line. */
export function shortLine(text: string): string {
  const shown = Array.from(clusters.segment(displayLine(text.slice(0, 1_000))), ({ segment }) => segment);
  return shown.slice(0, shortMax).join('') + (shown.length > shortMax ? '…' : '');
}

/** The time of day, in the terminal's time zone. */
export function clockTime(atMs: number): string {
  const time = new Date(atMs);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}
