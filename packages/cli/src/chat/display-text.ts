/** Controls that a terminal would obey, and marks that turn the reading direction of what follows. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text as it may be shown: nothing in it moves the cursor, colours, rings, or reorders what others wrote. */
export function displayText(text: string): string {
  return text.replaceAll(CONTROLS, (control) => {
    if (control === '\n') return '\n';
    if (control === '\t') return '    ';
    return control.length === 1 && control < ' ' ? String.fromCharCode(0x2400 + control.charCodeAt(0)) : '\ufffd';
  });
}

/** A one-line form. */
export function displayLine(text: string): string {
  return displayText(text).replaceAll('\n', ' ');
}

/** The clock time of a moment, in the terminal's zone. */
export function clockTime(atMs: number): string {
  const time = new Date(atMs);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}
