import type { ResponseOf } from '@parley/protocol';
import { useCallback } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { type PagedList, type PageRequest, usePagedList } from '../people/use-paged-list.ts';

type Channel = ResponseOf<'channelSearch'>['channels'][number];

const settleMs = 150;

/** Public channels with a name that matches the query; all of them if it is empty. */
export function useChannelSearch(query: string, isWanted = true): PagedList<Channel> {
  const chat = useChatItself();
  const q = query.trim();
  const load = useCallback(
    async (page: PageRequest) => {
      const { channels, nextCursor } = await chat.operation('channelSearch', { ...(q === '' ? {} : { q }), ...page });
      return { items: channels, nextCursor };
    },
    [chat, q],
  );
  return usePagedList(isWanted ? load : null, { settleMs });
}
