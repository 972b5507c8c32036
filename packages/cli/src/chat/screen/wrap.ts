const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Wraps a text into lines of at most `columns` cells, after spaces where possible, and between grapheme clusters
 * elsewhere.
 */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

function wrapLine(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let cells = 0;
  /** The index after the last space of the line. */
  let space = { at: 0, cells: 0 };
  for (const { segment } of segmenter.segment(text)) {
    const width = Bun.stringWidth(segment);
    while (line !== '' && cells + width > columns) {
      const end = space.at > 0 ? space : { at: line.length, cells };
      lines.push(line.slice(0, end.at));
      line = line.slice(end.at);
      cells -= end.cells;
      space = { at: 0, cells: 0 };
    }
    line += segment;
    cells += width;
    if (segment === ' ') space = { at: line.length, cells };
  }
  return [...lines, line];
}
