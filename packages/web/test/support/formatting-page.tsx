import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { MessageText } from '../../src/conversation/message-text.tsx';

/** Shows a message's text. Returns the milliseconds until it is laid out. */
function show(text: string): number {
  const element = document.createElement('div');
  document.body.replaceChildren(element);
  const root = createRoot(element);
  const startMs = performance.now();
  flushSync(() => root.render(<MessageText text={text} />));
  element.getBoundingClientRect();
  const shownMs = performance.now() - startMs;
  root.unmount();
  return shownMs;
}

export type Show = typeof show;

Object.assign(globalThis, { show });
