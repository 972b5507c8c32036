import type { PlannedConversation } from '../clients/tally.ts';
import { callAs, inGroups, type Person } from './people.ts';
import type { System } from './system.ts';

const membersPerRequest = 100;

/** What the benchmarks use of the API's answer. */
interface Conversation {
  id: string;
  headSeq: number;
}

/** A direct conversation of each two neighbours. */
export function createDirectConversations({ url, people }: System): Promise<PlannedConversation[]> {
  return inGroups(people.length >> 1, (pair) => createDirect(url, people, [pair * 2, pair * 2 + 1]));
}

export async function createDirect(
  url: string,
  people: readonly Person[],
  [one, other]: [number, number],
): Promise<PlannedConversation> {
  const [first, second] = [personAt(people, one), personAt(people, other)];
  const { id, headSeq } = await call(url, first, '/v1/direct', { userId: second.userId });
  return { id, members: [one, other], headSeq };
}

/** A group of these people; the first creates it. */
export async function createGroup({ url, people }: System, members: number[]): Promise<PlannedConversation> {
  const owner = personAt(people, members[0] ?? -1);
  const userIds = members.slice(1).map((member) => personAt(people, member).userId);
  const fields = { name: 'a group', clientRequestId: crypto.randomUUID() };
  const { id } = await call(url, owner, '/v1/groups', { ...fields, userIds: userIds.slice(0, membersPerRequest) });
  for (let from = membersPerRequest; from < userIds.length; from += membersPerRequest) {
    const added = { userIds: userIds.slice(from, from + membersPerRequest) };
    await callAs(url, owner, `/v1/conversations/${id}/members`, added);
  }
  const { headSeq } = await call(url, owner, `/v1/conversations/${id}`);
  return { id, members, headSeq };
}

/** A channel that these people join; the first creates it, and is the only one who sends. */
export async function createChannel({ url, people }: System, members: number[]): Promise<PlannedConversation> {
  const owner = personAt(people, members[0] ?? -1);
  const fields = { name: 'a channel', clientRequestId: crypto.randomUUID() };
  const { id } = await call(url, owner, '/v1/channels', fields);
  await inGroups(members.length - 1, (index) =>
    callAs(url, personAt(people, members[index + 1] ?? -1), `/v1/channels/${id}/join`, {}),
  );
  const { headSeq } = await call(url, owner, `/v1/conversations/${id}`);
  return { id, members, senders: members.slice(0, 1), headSeq };
}

/** Conversations that exist in the plan only: a bare server accepts any. */
export function imagined(members: number[][]): PlannedConversation[] {
  return members.map((each) => ({ id: crypto.randomUUID(), members: each, headSeq: 1 }));
}

async function call(url: string, person: Person, path: string, body?: object): Promise<Conversation> {
  // The answer is what the schema of the operation says.
  return (await callAs(url, person, path, body)) as Conversation;
}

function personAt(people: readonly Person[], index: number): Person {
  const person = people[index];
  if (!person) throw new Error(`there is no person ${index}`);
  return person;
}
