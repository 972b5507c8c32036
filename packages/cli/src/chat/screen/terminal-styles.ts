/** Which styles of text a terminal shows. */
export interface TerminalStyles {
  bold: boolean;
  italic: boolean;
  strike: boolean;
  /** Code is shown in a colour. */
  colour: boolean;
}

/** Terminals that show italic text as reverse or not at all, and no line through text. */
const withoutItalic = /^(?:linux|screen|vt\d|ansi|cons|dumb)/;

/**
 * What a terminal shows, by its environment. `level` is the level of colours that it supports, from 0: no attributes at
 * all. The markers of a style that is not shown stay in the text.
 */
export function terminalStyles(
  environment: Readonly<Record<string, string | undefined>>,
  level: number,
): TerminalStyles {
  const { TERM = '', TERM_PROGRAM = '', NO_COLOR = '' } = environment;
  const italic = level > 0 && !withoutItalic.test(TERM);
  return {
    bold: level > 0,
    italic,
    // Apple's Terminal shows italic text, but no line through text.
    strike: italic && TERM_PROGRAM !== 'Apple_Terminal',
    colour: level > 0 && NO_COLOR === '',
  };
}
