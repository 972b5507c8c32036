import type { User } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

/** Typing settles for this long before the server is asked. */
const settleMs = 150;

/** People whose name begins so, oneself left out. Null until the server has answered. */
export function usePeopleSearch(query: string): readonly User[] | null {
  const chat = useChatItself();
  const [found, setFound] = useState<readonly User[] | null>(null);
  const wanted = query.trim();
  useEffect(() => {
    setFound(null);
    if (wanted === '') return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      chat.operation('userSearch', { q: wanted, limit: 20 }).then(
        ({ users }) => {
          if (isCurrent) setFound(users.filter(({ id }) => id !== chat.account?.id));
        },
        () => isCurrent && setFound([]),
      );
    }, settleMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [chat, wanted]);
  return found;
}
