import { useEffect } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

const none: readonly string[] = [];

/** Presence of these people, and online counts of these conversations, while the view that asks is there. */
export function useWatch(userIds: readonly string[], conversationIds: readonly string[] = none): void {
  const chat = useChatItself();
  const users = userIds.join(' ');
  const conversations = conversationIds.join(' ');
  useEffect(
    () => chat.watch(users.split(' ').filter(Boolean), conversations.split(' ').filter(Boolean)),
    [chat, users, conversations],
  );
}
