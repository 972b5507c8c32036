/** Replaces the selection of a field. Unlike setting its value, this can be undone with Ctrl+Z. */
export function insertText(field: HTMLTextAreaElement, text: string): void {
  field.focus();
  document.execCommand(text === '' ? 'delete' : 'insertText', false, text);
}
