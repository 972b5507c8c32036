import type { Watch } from '@parley/sdk';
import { useEffect } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

/** Watches these while the view is mounted. */
export function useWatch(watch: Watch): void {
  const chat = useChatItself();
  const asText = JSON.stringify(watch);
  useEffect(() => chat.watch(JSON.parse(asText)), [chat, asText]);
}
