import type { RefObject } from 'react';
import type { VListHandle } from 'virtua';

/** The list counts as scrolled to its end within this distance. */
const atEndPx = 24;

/** Keeps the end of a list of messages in view until the person scrolls up. */
export class StickyEnd {
  private isHeld = false;
  /**
   * A row that was at the top of the viewport when the end was last in view, and its distance from there with the list
   * scrolled to its very end.
   */
  private anchor: { index: number; fromTopPx: number } | null = null;

  constructor(
    private readonly scroller: RefObject<HTMLElement | null>,
    private readonly list: RefObject<VListHandle | null>,
  ) {}

  /** Starts or stops holding the end, whatever is in view now. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.anchor = null;
  }

  /**
   * Holds the end if it is in view, and returns whether it is held. A held end stays held when rows or the viewport
   * have changed their size and {@link stay} is still to follow: only scrolling by the person ends it.
   */
  update(hasEnd: boolean): boolean {
    const viewport = viewportOf(this.scroller.current);
    // Reading the length makes the browser lay the rows out.
    if (!hasEnd || !viewport) this.isHeld = false;
    else if (isEndInView(viewport)) {
      this.isHeld = true;
      this.takeAnchor(viewport);
    } else if (this.isHeld) this.isHeld = !this.isScrolledUp(viewport);
    return this.isHeld;
  }

  /** Scrolls to the end if it is held. Call it after every change of the size of rows or of the viewport. */
  readonly stay = (): void => {
    const viewport = viewportOf(this.scroller.current);
    // The person may have scrolled up, with the scroll event still to come.
    if (!viewport || !this.isHeld || this.isScrolledUp(viewport)) return;
    // `scrollToIndex` goes on scrolling while rows are measured, and would undo scrolling by the person meanwhile.
    viewport.scrollTop = viewport.scrollHeight;
    this.takeAnchor(viewport);
  };

  /**
   * Whether the rows in view have moved down since the end was last in view. Rows that grow, new rows and a smaller
   * viewport move none of them; where rows above the viewport change their size, the list scrolls by the same distance.
   */
  private isScrolledUp(viewport: HTMLElement): boolean {
    const { anchor } = this;
    if (!anchor || !this.list.current || isEndInView(viewport)) return false;
    const fromTopPx = this.list.current.getItemOffset(anchor.index) - viewport.scrollTop;
    return fromTopPx > anchor.fromTopPx + atEndPx;
  }

  private takeAnchor(viewport: HTMLElement): void {
    const list = this.list.current;
    const topPx = endTopPx(viewport);
    const index = list?.findItemIndex(topPx) ?? 0;
    this.anchor = list && { index, fromTopPx: list.getItemOffset(index) - topPx };
  }
}

/** The element that scrolls. */
export function viewportOf(scroller: HTMLElement | null): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>('.message-list') ?? null;
}

function isEndInView(viewport: HTMLElement): boolean {
  return endTopPx(viewport) - viewport.scrollTop <= atEndPx;
}

/** The scroll position at which the end is in view. */
function endTopPx({ scrollHeight, clientHeight }: HTMLElement): number {
  return scrollHeight - clientHeight;
}
