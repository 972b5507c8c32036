import { type RefObject, useCallback, useEffect, useState } from 'react';

/** Returns what moves the focus to the field after the next render: an open menu keeps the focus until it is gone. */
export function useFocusLater(field: RefObject<HTMLElement | null>): () => void {
  const [requests, setRequests] = useState(0);
  useEffect(() => {
    if (requests > 0) field.current?.focus();
  }, [requests, field]);
  return useCallback(() => setRequests((before) => before + 1), []);
}
