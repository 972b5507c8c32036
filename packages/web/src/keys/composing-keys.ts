/** The key code that browsers report for a key that an input method handles. */
const handledByInputMethod = 229;

/**
 * Whether an input method handles a key, for example the Enter that confirms a conversion. Chromium and Firefox report
 * the key during the composition; Safari reports it after the end, marked by the key code alone.
 */
function isComposingKey({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === handledByInputMethod;
}

/** Keeps keys that an input method handles from all listeners on the page, and from submitting forms. */
export function withholdComposingKeys(): void {
  const withhold = (event: KeyboardEvent) => {
    if (!isComposingKey(event)) return;
    event.stopImmediatePropagation();
    if (event.key === 'Enter') event.preventDefault();
  };
  addEventListener('keydown', withhold, { capture: true });
}
