import { cutText } from '@parley/protocol/graphemes';

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

const shortMax = 40;

/** The beginning of a text in one line. */
export function shortLine(text: string): string {
  const line = displayLine(text);
  return line.length > shortMax ? `${cutText(line, shortMax)}…` : line;
}

/** Date and time of day, in the terminal's time zone. */
export function dayAndTime(atMs: number): string {
  const time = new Date(atMs);
  const [month, day] = [time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${time.getFullYear()}-${month}-${day} ${clockTime(atMs)}`;
}

/** The time of day, in the terminal's time zone. */
export function clockTime(atMs: number): string {
  const time = new Date(atMs);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}
