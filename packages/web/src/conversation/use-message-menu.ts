import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef } from 'react';
import { anchorAt } from './anchor.ts';
import { keyOf } from './use-message-focus.ts';
import type { useMessageOverlay } from './use-message-overlay.ts';

/** A finger that stays on a message for this long opens its menu, as in the systems of phones. */
const longPressMs = 500;
/** A finger that moves further than this scrolls. */
const longPressMovePx = 10;

/**
 * Opens the menu of a message by right click, long press, Enter and Shift+F10. Right clicks and long presses on links
 * and on selected text, and those with Shift, open the menu of the browser.
 */
export function useMessageMenu({ opened, open, close }: ReturnType<typeof useMessageOverlay>) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  /** Whether the pointer went down on selected text: some browsers select a word by the right click itself. */
  const isOnSelection = useRef(false);

  const isOpen = opened?.overlay === 'menu';
  const endPress = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };

  const handlers = {
    onContextMenu(event: MouseEvent) {
      const isLongPress = press.current !== null;
      endPress();
      const message = messageAt(event.target);
      if (!message || event.shiftKey || isOnSelection.current || isOnLink(event.target)) return;
      event.preventDefault();
      if (isLongPress) ignoreLifting();
      if (opened?.key !== message.key) open('menu', message.key, anchorAt(message.element, pointOf(event)));
    },
    onPointerDown(event: PointerEvent) {
      endPress();
      isOnSelection.current = isSelected(event.target);
      const { clientX: x, clientY: y } = event;
      const message = messageAt(event.target);
      const isIgnored = isOnSelection.current || isOnLink(event.target);
      if (event.pointerType !== 'touch' || !event.isPrimary || !message || isIgnored) return;
      const openHere = () => {
        press.current = null;
        ignoreLifting();
        open('menu', message.key, anchorAt(message.element, pointOf(event)));
      };
      press.current = { timer: setTimeout(openHere, longPressMs), x, y };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { x, y } = press.current ?? { x: clientX, y: clientY };
      if (Math.hypot(clientX - x, clientY - y) > longPressMovePx) endPress();
    },
    onPointerUp: endPress,
    onPointerCancel: endPress,
  };

  /** Opens the menu of the focused message. Returns whether the key is taken. */
  const takeKey = (event: KeyboardEvent): boolean => {
    if (isOpen) {
      // The menu is loaded, or is about to get the focus: until then, keys do not act on the message.
      if (event.key === 'Escape') close();
      if (event.key !== 'Tab') event.preventDefault();
      return true;
    }
    const isMenuKey = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (!isMenuKey && event.key !== 'Enter') return false;
    const { target } = event;
    // Links and buttons within the message have keys of their own.
    if (!(target instanceof HTMLElement) || target.dataset['key'] === undefined) return false;
    const message = messageAt(target);
    if (!message) return false;
    event.preventDefault();
    open('menu', message.key, anchorAt(target.querySelector('.message-text') ?? target));
    return true;
  };
  return { isOpen, takeKey, handlers };
}

function pointOf({ clientX, clientY }: { clientX: number; clientY: number }): DOMRect {
  return new DOMRect(clientX, clientY, 0, 0);
}

/** Prevents the click that follows a long press: it would close the menu that the press has opened. */
function ignoreLifting(): void {
  const lifted = new AbortController();
  const { signal } = lifted;
  const onEnd = (event: TouchEvent) => {
    event.preventDefault();
    lifted.abort();
  };
  addEventListener('touchend', onEnd, { capture: true, passive: false, signal });
  addEventListener('touchcancel', () => lifted.abort(), { signal });
}

/** The message that an element is part of. */
function messageAt(target: EventTarget | null): { element: Element; key: string } | null {
  const element = target instanceof Element ? target.closest('article') : null;
  const key = keyOf(element);
  return element && key !== undefined ? { element, key } : null;
}

function isOnLink(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a[href]') !== null;
}

function isSelected(target: EventTarget | null): boolean {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && target instanceof Node && selection.containsNode(target, true);
}
