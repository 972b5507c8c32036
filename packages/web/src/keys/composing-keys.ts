/** What browsers give as the code of a key that an input method takes. */
const takenByInputMethod = 229;

/**
 * Whether a key belongs to an input method, as the Enter that confirms a conversion does. Chromium and Firefox tell of
 * it while the composition lasts; Safari after its end, marked by the code alone.
 */
function isComposingKey({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === takenByInputMethod;
}

/** Keeps the keys of an input method from everything on the page that listens to keys, and from submitting forms. */
export function withholdComposingKeys(): void {
  const withhold = (event: KeyboardEvent) => {
    if (!isComposingKey(event)) return;
    event.stopImmediatePropagation();
    if (event.key === 'Enter') event.preventDefault();
  };
  addEventListener('keydown', withhold, { capture: true });
}
