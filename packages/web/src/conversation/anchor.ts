/** Where a menu or picker opens: a rectangle of the viewport, measured again when the page is resized or scrolled. */
export interface Anchor {
  contextElement: Element;
  getBoundingClientRect(): DOMRect;
}

/**
 * An anchor that moves with an element, or with the message that contains it. The distances to the nearest sides stay,
 * because a message that gets narrower or longer moves what is at its end.
 *
 * @param rect the rectangle at present: that of the element unless it is given.
 */
export function anchorAt(element: Element, rect = element.getBoundingClientRect()): Anchor {
  const contextElement = element.closest('article') ?? element;
  const before = contextElement.getBoundingClientRect();
  return {
    contextElement,
    getBoundingClientRect() {
      // A row that was removed has no place: the last one known is as good as any.
      const now = contextElement.isConnected ? contextElement.getBoundingClientRect() : before;
      const left = moved([before.left, before.right], [now.left, now.right], [rect.left, rect.right]);
      const top = moved([before.top, before.bottom], [now.top, now.bottom], [rect.top, rect.bottom]);
      return new DOMRect(left, top, rect.width, rect.height);
    },
  };
}

type Span = readonly [start: number, end: number];

/** The start of a part when the whole has moved from `before` to `now`. */
function moved(before: Span, now: Span, part: Span): number {
  const fromStart = part[0] - before[0];
  const isNearerToEnd = before[1] - part[1] < fromStart;
  return isNearerToEnd ? now[1] - (before[1] - part[0]) : now[0] + fromStart;
}
