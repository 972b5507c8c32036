import { useChat } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { useWatch } from './use-watch.ts';

/** What these people are called, also when that changes while it shows. */
export function useNames(userIds: readonly string[]): string[] {
  const me = useChat(({ account }) => account?.id);
  useWatch({ userIds: userIds.filter((userId) => userId !== me) });
  // One value that is the same until a name changes.
  const names = useChat((chat) => JSON.stringify(userIds.map((userId) => chat.nameOf(userId) ?? t('unknownPerson'))));
  return JSON.parse(names);
}
