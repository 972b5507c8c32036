import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Chat } from './chat.ts';

export const ChatContext = createContext<Chat | null>(null);

export function useChatItself(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('views are drawn within a ChatContext');
  return chat;
}

/** What `read` gives of the chat, now and whenever it changes. It must give the same value until that changes. */
export function useChat<Value>(read: (chat: Chat) => Value): Value {
  const chat = useChatItself();
  return useSyncExternalStore(chat.subscribe, () => read(chat));
}
