/** Whether the person uses a mouse. On touch screens, a field that gets the focus opens a keyboard over the messages. */
export function hasFinePointer(): boolean {
  return matchMedia('(pointer: fine)').matches;
}
