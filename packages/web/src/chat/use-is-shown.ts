import { useCallback, useEffect, useRef } from 'react';

/** Returns a function that reports whether the component is still on the page: a late answer must not act for it then. */
export function useIsShown(): () => boolean {
  const isShown = useRef(false);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return useCallback(() => isShown.current, []);
}
