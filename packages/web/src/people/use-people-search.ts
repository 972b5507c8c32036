import type { User } from '@parley/protocol';
import { useCallback } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { type PagedList, type PageRequest, usePagedList } from './use-paged-list.ts';

/** The search starts when nothing was typed for this long. */
const settleMs = 150;

/** People whose name starts with the query, without the person who searches. */
export function usePeopleSearch(query: string): PagedList<User> {
  const chat = useChatItself();
  const q = query.trim();
  const load = useCallback(
    async (page: PageRequest) => {
      const { users, nextCursor } = await chat.operation('userSearch', { q, ...page });
      return { items: users.filter(({ id }) => id !== chat.account?.id), nextCursor };
    },
    [chat, q],
  );
  return usePagedList(q === '' ? null : load, { settleMs });
}
