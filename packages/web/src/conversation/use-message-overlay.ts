import { useCallback, useState } from 'react';
import type { Anchor } from './anchor.ts';

/** What can be open for a message: one at a time. */
export type MessageOverlay = 'menu' | 'picker' | 'reactions' | 'deletion';

/** What is open, for the message of which row, and where. */
interface OpenedOverlay {
  overlay: MessageOverlay;
  key: string;
  anchor: Anchor;
}

/** The overlay that is open for one of the messages of the list, if any. */
export function useMessageOverlay() {
  const [opened, setOpened] = useState<OpenedOverlay | null>(null);
  const open = useCallback(
    (overlay: MessageOverlay, key: string, anchor: Anchor) => setOpened({ overlay, key, anchor }),
    [],
  );
  const close = useCallback(() => setOpened(null), []);
  return { opened, open, close };
}
