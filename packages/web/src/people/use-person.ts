import { useChat } from '../chat/use-chat.ts';

/** The person under the current name, as far as this tab knows it. */
export function usePerson<Given extends { id: string; displayName: string }>(person: Given): Given {
  const displayName = useChat(({ people }) => people.get(person.id)?.displayName ?? person.displayName);
  return { ...person, displayName };
}
