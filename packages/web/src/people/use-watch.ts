import type { Watch } from '@parley/sdk';
import { useEffect } from 'react';
import { useChatItself } from '../chat/use-chat.ts';

/** These are in view while the view that asks is there. */
export function useWatch(watch: Watch): void {
  const chat = useChatItself();
  const asText = JSON.stringify(watch);
  useEffect(() => chat.watch(JSON.parse(asText)), [chat, asText]);
}
