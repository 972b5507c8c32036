import { hasFinePointer } from './fine-pointer.ts';

/** What gets the focus when an element within it loses it, because it is removed: the nearest one. */
const homes = 'article, [role=dialog], aside';
/** What gets it otherwise: the last message in view, or the box. */
const others = ['[role=log] [tabindex="0"]', '.composer textarea', 'main'];
/** What is removed on purpose, such as a menu, moves the focus within a few frames. */
const patienceFrames = 3;
/** A row that is added to the list can't have the focus before it was measured. */
const framesMax = 60;

/**
 * Moves the focus to a place nearby when the element that has it is removed: browsers move it to the document's body,
 * from where no key does anything, and the Tab key starts at the top of the page.
 */
export function keepFocus(): void {
  /** The element that got the focus last, and its ancestors. */
  let path: Element[] = [];
  let isWaiting = false;
  const wait = (frame: number) => {
    requestAnimationFrame(() => {
      const isLost = document.activeElement === document.body && path[0]?.isConnected === false;
      if (isLost && frame >= patienceFrames) focusNear(path);
      isWaiting = isLost && frame < framesMax;
      if (isWaiting) wait(frame + 1);
    });
  };
  const removals = new MutationObserver(() => {
    if (isWaiting || path[0]?.isConnected !== false) return;
    isWaiting = true;
    wait(1);
  });
  addEventListener('focusin', (event) => {
    path = event.composedPath().filter((each) => each instanceof Element);
    removals.disconnect();
    for (const each of path) removals.observe(each, { childList: true });
  });
  addEventListener('focusout', () => {
    requestAnimationFrame(() => {
      // The person clicked an empty place: the focus does not return when the element is removed later.
      if (document.activeElement === document.body && path[0]?.isConnected && !path[0].matches(':disabled')) path = [];
    });
  });
}

function focusNear(path: readonly Element[]): void {
  const home = path.find((each) => each.isConnected && each.matches(homes));
  const [element] = home
    ? [home]
    : others
        .flatMap((each) => document.querySelector(each) ?? [])
        .filter((each) => each.localName !== 'textarea' || hasFinePointer());
  if (!(element instanceof HTMLElement)) return;
  // Without the attribute, a dialog's or the page's own element can't have the focus.
  if (!element.hasAttribute('tabindex') && element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
