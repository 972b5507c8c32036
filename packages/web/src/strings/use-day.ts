import { useSyncExternalStore } from 'react';
import { dayOf } from './times.ts';

/** Neither sleep nor a clock that is set leaves “today” wrong for longer. */
const lookAgainMs = 30_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The midnight that began today, for what says “today”: a page may be open for days. */
export function useDay(): number {
  return useSyncExternalStore(subscribe, today);
}

/** The one place where the page reads the wall clock: what day it is where the reader is. */
function today(): number {
  return dayOf(Date.now());
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    timer = setInterval(lookAgain, lookAgainMs);
    document.addEventListener('visibilitychange', lookAgain);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', lookAgain);
  };
}

function lookAgain(): void {
  for (const listener of [...listeners]) listener();
}
