import { useEffect, useState, useSyncExternalStore } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { Timeline, type TimelineView } from './timeline.ts';

/** The timeline of a conversation, followed while the view is mounted. */
export function useTimeline(conversationId: string): { timeline: Timeline; view: TimelineView } {
  const chat = useChatItself();
  const [timeline] = useState(() => new Timeline(chat, conversationId));
  const view = useSyncExternalStore(timeline.subscribe, () => timeline.view);
  const connection = useChat(({ connection }) => connection.name);
  useEffect(() => timeline.open(), [timeline]);
  useEffect(() => {
    if (connection === 'live') timeline.retry();
  }, [timeline, connection]);
  return { timeline, view };
}
