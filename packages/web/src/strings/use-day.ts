import { useSyncExternalStore } from 'react';
import { dayOf } from './times.ts';

/** The midnight that began today, for what says “today”: a page may be open for days. */
export function useDay(): number {
  return useSyncExternalStore(subscribe, today);
}

function today(): number {
  return dayOf(Date.now());
}

function subscribe(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    timer = setTimeout(
      () => {
        listener();
        wait();
      },
      new Date().setHours(24, 0, 0, 0) - Date.now(),
    );
  };
  wait();
  // A machine that slept through midnight has its timers late.
  document.addEventListener('visibilitychange', listener);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', listener);
  };
}
