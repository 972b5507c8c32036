// The drawing of the parts in ARCHITECTURE.md, made from part-order.mjs. `npm run fix` writes it, `npm run check` compares.

/** The document with the drawing. */
export const drawnIn = 'ARCHITECTURE.md';
const [begin, end] = ['<!-- parts: drawn by "npm run fix" -->\n', '<!-- end of parts -->\n'];
const indent = '    ';

/**
 * Draws each package as a box with a line for each level of the order, from the top down.
 *
 * @param {Record<string, string[][]>} order
 */
export function partDrawing(order) {
  return Object.entries(order)
    .map(([folder, levels]) => [folder, ...stack(levels)].map((line) => `${indent}${line}\n`).join(''))
    .join('\n');
}

function stack(levels) {
  const lines = levels.map((parts) => parts.map((part) => (part === '*' ? '(all other files)' : part)).join('   '));
  const width = Math.max(...lines.map((line) => line.length));
  const border = '─'.repeat(width + 2);
  return [`┌${border}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${border}┘`];
}

/**
 * Reports a drawing that is missing or differs from `order`.
 *
 * @param {string} text of {@link drawnIn}
 * @param {Record<string, string[][]>} order
 */
export function drawingFaults(text, order) {
  const wanted = withDrawing(text, order);
  if (wanted === undefined) return [`${drawnIn}: lacks the lines ${begin.trim()} and ${end.trim()}`];
  return wanted === text
    ? []
    : [`${drawnIn}: the drawing of the parts is not that of part-order.mjs; run "npm run fix"`];
}

/** The text with the drawing of `order` between its two lines; undefined if it lacks these. */
export function withDrawing(text, order) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) return undefined;
  return `${text.slice(0, from)}${begin}\n${partDrawing(order)}\n${text.slice(to)}`;
}
