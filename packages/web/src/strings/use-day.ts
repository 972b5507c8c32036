import { useSyncExternalStore } from 'react';
import { dayOf } from './times.ts';

/** The day is checked this often, because timers are late after sleep, and the clock may be set. */
const lookAgainMs = 30_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The midnight at which today started. It is updated, because a page may be open for days. */
export function useDay(): number {
  return useSyncExternalStore(subscribe, today);
}

/** The only function of the page that reads the wall clock. */
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
