import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import type { Place } from './place.ts';
import { Timeline } from './timeline.ts';
import type { TimelineView } from './timeline-view.ts';

/** The timeline of a conversation, followed while the view is mounted. It opens at `place`. */
export function useTimeline(conversationId: string, place: Place | null): { timeline: Timeline; view: TimelineView } {
  const chat = useChatItself();
  const [timeline] = useState(() => new Timeline(chat, conversationId));
  const view = useSyncExternalStore(timeline.subscribe, () => timeline.view);
  const connection = useChat(({ connection }) => connection.name);
  const first = useRef(place);
  useEffect(() => timeline.open(first.current), [timeline]);
  useEffect(() => {
    if (connection === 'live') timeline.retry();
  }, [timeline, connection]);
  return { timeline, view };
}
