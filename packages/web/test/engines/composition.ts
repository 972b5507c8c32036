/** The order of the key that confirms a conversion and the end of the composition. */
export type ConfirmationOrder = 'key, end' | 'end, key';

/**
 * Composes a text in the focused field and confirms it with Enter, by the events that browsers dispatch: the key first
 * in Chromium and Firefox, the end first in Safari. Returns the field's text afterwards. Runs in the page.
 */
export function confirmConversion({ text, order }: { text: string; order: ConfirmationOrder }): string {
  const field = document.activeElement as HTMLTextAreaElement;
  const dispatch = (type: string, data: string) =>
    field.dispatchEvent(new CompositionEvent(type, { data, bubbles: true, cancelable: true }));
  const key = (type: string, isComposing: boolean) => {
    const event = new KeyboardEvent(type, {
      key: 'Enter',
      code: 'Enter',
      isComposing,
      bubbles: true,
      cancelable: true,
    });
    // Some engines ignore it in the constructor.
    Object.defineProperty(event, 'keyCode', { value: 229 });
    field.dispatchEvent(event);
  };
  dispatch('compositionstart', '');
  // As the page's own code does not, an input method changes what the field holds past React.
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(field, text);
  dispatch('compositionupdate', text);
  field.dispatchEvent(new InputEvent('input', { data: text, inputType: 'insertCompositionText', bubbles: true }));
  if (order === 'key, end') key('keydown', true);
  dispatch('compositionend', text);
  if (order === 'end, key') key('keydown', false);
  key('keyup', false);
  return field.value;
}
