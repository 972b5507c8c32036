import { useEffect, useSyncExternalStore } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

function isAttended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function subscribe(listener: () => void): () => void {
  addEventListener('focus', listener);
  addEventListener('blur', listener);
  document.addEventListener('visibilitychange', listener);
  return () => {
    removeEventListener('focus', listener);
    removeEventListener('blur', listener);
    document.removeEventListener('visibilitychange', listener);
  };
}

/** Whether the person looks at this tab: only then is what shows read. */
export function useIsAttended(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
}

/** Tells the engine what this tab shows to whom, so that nothing on the screen rings. */
export function useAttention(conversationId: string | null): void {
  const chat = useChatItself();
  const isLookedAt = useIsAttended();
  useEffect(() => {
    void chat.request('attend', isLookedAt, conversationId);
  }, [chat, isLookedAt, conversationId]);
}
