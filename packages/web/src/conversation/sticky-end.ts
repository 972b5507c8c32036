import type { RefObject } from 'react';

/** The list counts as scrolled to its end within this distance. */
const atEndPx = 24;

/** Keeps the end of a list of messages in view until the person scrolls up. */
export class StickyEnd {
  private isHeld = false;
  /** The length of the list when its end was last in view. */
  private lengthPx = 0;

  constructor(private readonly scroller: RefObject<HTMLElement | null>) {}

  /** Starts or stops holding the end, whatever is in view now. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.lengthPx = 0;
  }

  /**
   * Holds the end if it is in view, and returns whether it is. Every other change that moves the end out of view is
   * followed by {@link stay}, so an end out of view means that the person scrolled up.
   */
  update(hasEnd: boolean): boolean {
    const viewport = viewportOf(this.scroller.current);
    this.isHeld = hasEnd && viewport !== null && isEndInView(viewport);
    if (this.isHeld && viewport) this.lengthPx = viewport.scrollHeight;
    return this.isHeld;
  }

  /** Scrolls to the end if it is held. */
  readonly stay = (): void => {
    const viewport = viewportOf(this.scroller.current);
    if (!viewport || !this.isHeld) return;
    // The person has scrolled up, and the scroll event is still to come.
    const shownPx = viewport.scrollTop + viewport.clientHeight;
    if (shownPx < Math.min(this.lengthPx, viewport.scrollHeight) - atEndPx) return;
    // `scrollToIndex` goes on scrolling while rows are measured, and would undo scrolling by the person meanwhile.
    viewport.scrollTop = viewport.scrollHeight;
    this.lengthPx = viewport.scrollHeight;
  };

  /** Stays at the end when the window shrinks, the composer grows, or rows are taller than estimated. */
  readonly observe = (): (() => void) | undefined => {
    const element = this.scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(this.stay);
    observer.observe(element);
    const content = viewportOf(element)?.firstElementChild;
    if (content) observer.observe(content);
    return () => observer.disconnect();
  };
}

/** The element that scrolls. */
function viewportOf(scroller: HTMLElement | null): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>('.message-list') ?? null;
}

function isEndInView({ scrollHeight, clientHeight, scrollTop }: HTMLElement): boolean {
  return scrollHeight - clientHeight - scrollTop <= atEndPx;
}
