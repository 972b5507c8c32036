import type { CopiedRow } from './copied-text.ts';
import type { Row } from './rows.ts';

const blocks = 'address, blockquote, div, li, ol, p, pre, table, tr, ul';

/**
 * The selected rows, also those between the first and the last one that are not in the document now. Empty if the
 * selection is within the text of one message, or outside the list: the browser then copies it well.
 */
export function selectedRows(range: Range, list: HTMLElement, rows: readonly Row[]): CopiedRow[] {
  const elements = [...list.querySelectorAll<HTMLElement>('[data-row]')].filter((each) => range.intersectsNode(each));
  const elementOf = new Map(elements.map((element) => [element.dataset['row'], element]));
  if (elements.length === 0 || isWithinText(range)) return [];
  const indices = rows.flatMap(({ key }, index) => (elementOf.has(key) ? [index] : []));
  const all = document.createRange();
  all.selectNodeContents(list);
  // A selection that goes on beyond the list contains all rows up to that end.
  const startsBefore = range.compareBoundaryPoints(Range.START_TO_START, all) <= 0;
  const endsAfter = range.compareBoundaryPoints(Range.END_TO_END, all) >= 0;
  const first = startsBefore ? 0 : (indices[0] ?? 0);
  const last = endsAfter ? rows.length - 1 : (indices.at(-1) ?? 0);
  return rows.slice(first, last + 1).flatMap((row, index): CopiedRow[] => {
    const element = elementOf.get(row.key);
    const isInner = index > 0 && index < last - first;
    // Only the first and the last row can be selected in part.
    return element && !isInner ? selectedPart(range, element, row) : [{ row }];
  });
}

/** A row that is selected completely or in part. Empty if nothing of its text is. */
function selectedPart(range: Range, element: HTMLElement, row: Row): CopiedRow[] {
  const body = element.querySelector('.message-text, .notice');
  if (!body || !range.intersectsNode(body)) return [];
  const whole = document.createRange();
  whole.selectNodeContents(body);
  const part = whole.cloneRange();
  if (range.compareBoundaryPoints(Range.START_TO_START, whole) > 0)
    part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, whole) < 0) part.setEnd(range.endContainer, range.endOffset);
  const text = textOf(part.cloneContents());
  if (text === '') return [];
  return text === textOf(whole.cloneContents()) || row.kind === 'notice' ? [{ row }] : [{ row, part: text }];
}

function isWithinText({ commonAncestorContainer }: Range): boolean {
  const { parentElement } = commonAncestorContainer;
  const element = commonAncestorContainer instanceof Element ? commonAncestorContainer : parentElement;
  return element?.closest('.message-text') !== null;
}

/** The text of a part of the document, with each block on lines of its own. */
function textOf(content: DocumentFragment): string {
  let text = '';
  const breakLine = () => {
    if (text !== '' && !text.endsWith('\n')) text += '\n';
  };
  const add = (node: Node) => {
    if (node instanceof Text) text += node.data;
    const isBlock = node instanceof Element && node.matches(blocks);
    if (isBlock) breakLine();
    if (node instanceof HTMLBRElement) text += '\n';
    for (const child of node.childNodes) add(child);
    if (isBlock) breakLine();
  };
  add(content);
  return text.replace(/\n$/, '');
}
