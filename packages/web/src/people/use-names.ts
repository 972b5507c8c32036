import { useChat } from '../chat/use-chat.ts';
import { useWatch } from './use-watch.ts';

/** The names of these people, updated while the view is mounted. */
export function useNames(userIds: readonly string[]): string[] {
  const me = useChat(({ account }) => account?.id);
  useWatch({ userIds: userIds.filter((userId) => userId !== me) });
  // A string, so that the value stays equal until a name changes.
  const names = useChat(({ people }) => JSON.stringify(userIds.map((userId) => people.shownNameOf(userId))));
  return JSON.parse(names);
}
