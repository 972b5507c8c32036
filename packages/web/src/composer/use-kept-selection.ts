import { type RefObject, useLayoutEffect, useRef } from 'react';
import { subscribeToDrafts } from './drafts.ts';
import { movedPosition } from './selection.ts';

/** Keeps caret and selection where they are in the text when another tab changes it. */
export function useKeptSelection(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  const before = useRef<{ value: string; start: number; end: number } | null>(null);
  useLayoutEffect(
    () =>
      subscribeToDrafts(() => {
        if (!field.current || field.current !== document.activeElement) return;
        const { value, selectionStart, selectionEnd } = field.current;
        before.current = { value, start: selectionStart, end: selectionEnd };
      }),
    [field],
  );
  useLayoutEffect(() => {
    const seen = before.current;
    before.current = null;
    if (!seen || seen.value === text) return;
    field.current?.setSelectionRange(
      movedPosition(seen.start, seen.value, text),
      movedPosition(seen.end, seen.value, text),
    );
  }, [field, text]);
}
