import { useCallback, useEffect, useRef } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import type { Timeline } from './timeline.ts';

/**
 * Reports how far the person has read; undefined: the person is not looking. When the conversation is marked as unread
 * while it is open, here or on another device, what is shown no longer counts as read until the person opens the
 * conversation again, writes in it, or reads it on another device. Marks from before this view was up to date are from
 * before the person opened the conversation. Without a connection, a new mark can only come from this browser. Returns a
 * function to call when the person writes.
 */
export function useReading(conversationId: string, timeline: Timeline, seenSeq: number | undefined): () => void {
  const chat = useChatItself();
  const membership = useChat(({ conversations }) => conversations.get(conversationId)?.membership);
  const { readSeq = 0, readVersion = 0 } = membership ?? {};
  const isLive = useChat(({ connection }) => connection.name === 'live');
  const isConnected = useChat(({ connection: { name } }) => name === 'live' || name === 'catching-up');
  const known = useRef({ readSeq, readVersion, isHeld: false, wasLive: false });
  useEffect(() => {
    const { current } = known;
    if (readVersion !== current.readVersion) {
      current.isHeld = current.wasLive || !isConnected;
      timeline.markedUnread(readSeq + 1);
    } else if (readSeq > current.readSeq) {
      current.isHeld = false;
    }
    Object.assign(current, { readSeq, readVersion, wasLive: current.wasLive || isLive });
    if (seenSeq !== undefined && !current.isHeld) void chat.request('markRead', conversationId, seenSeq, readVersion);
  }, [chat, conversationId, timeline, seenSeq, readSeq, readVersion, isLive, isConnected]);
  return useCallback(() => {
    known.current.isHeld = false;
  }, []);
}
