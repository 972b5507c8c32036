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

/** Whether the person looks at this tab. Only then do visible messages count as read. */
export function useIsAttended(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
}

/** Reports what the person looks at to the engine, which sends no notifications for messages on the screen. */
export function useAttention(conversationId: string | null): void {
  const chat = useChatItself();
  const isAttended = useIsAttended();
  useEffect(() => {
    void chat.request('attend', isAttended, conversationId);
  }, [chat, isAttended, conversationId]);
}
