import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Chat } from './chat.ts';

export const ChatContext = createContext<Chat | null>(null);

export function useChatItself(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('this view is rendered outside a ChatContext');
  return chat;
}

/** What `read` returns of the chat, updated on changes. While nothing changed, it must return the same value. */
export function useChat<Value>(read: (chat: Chat) => Value): Value {
  const chat = useChatItself();
  return useSyncExternalStore(chat.subscribe, () => read(chat));
}
