import type { ResponseOf } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

type Channels = ResponseOf<'channelSearch'>['channels'];

const settleMs = 150;

/** Public channels by their name, all of them without one. Null until the server has answered. */
export function useChannelSearch(query: string, isWanted = true): Channels | null {
  const chat = useChatItself();
  const [found, setFound] = useState<Channels | null>(null);
  const wanted = query.trim();
  useEffect(() => {
    if (!isWanted) {
      setFound(null);
      return;
    }
    let isCurrent = true;
    const timer = setTimeout(() => {
      chat.operation('channelSearch', { limit: 50, ...(wanted === '' ? {} : { q: wanted }) }).then(
        ({ channels }) => isCurrent && setFound(channels),
        () => isCurrent && setFound([]),
      );
    }, settleMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [chat, wanted, isWanted]);
  return found;
}
