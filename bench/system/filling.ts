// Fills the stores of a stopped system, without sockets.
import type { Adapters } from '@parley/server';
import type { Command } from '../../packages/server/src/conversations/command.ts';
import { ConversationsUnderTest, fields } from '../../packages/server/test/contract/conversations-under-test.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import type { Person } from './people.ts';

const batch = 1_000;
const text = 'x'.repeat(200);

/** Adds this many messages of 200 characters to each conversation, in turn as people send them. */
export async function fillConversations(
  adapters: Adapters,
  people: readonly Person[],
  planned: readonly PlannedConversation[],
  each: number,
): Promise<void> {
  const count = planned.length * each;
  await carryOut(adapters, count, (index): Command => {
    const { id: conversationId, members } = planned[index % planned.length] as PlannedConversation;
    const actorId = people[members[0] ?? -1]?.userId ?? '';
    return { kind: 'send', conversationId, actorId, commandId: Bun.randomUUIDv7(), text };
  });
}

/** A channel of the people and of others who have no account. The first person sends in it. */
export async function fillChannel(
  adapters: Adapters,
  people: readonly Person[],
  members: number,
): Promise<PlannedConversation> {
  const owner = people[0]?.userId ?? '';
  const id = await new ConversationsUnderTest(adapters).createChannel(owner, 'a channel');
  await carryOut(adapters, members - 1, (index): Command => {
    return { ...fields(id, people[index + 1]?.userId ?? Bun.randomUUIDv7()), kind: 'join' };
  });
  return { id, members: [], senders: [0], headSeq: members };
}

async function carryOut(adapters: Adapters, count: number, commandAt: (index: number) => Command): Promise<void> {
  const conversations = new ConversationsUnderTest(adapters);
  for (let from = 0; from < count; from += batch) {
    conversations.nowMs = Date.now();
    const commands = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => commandAt(from + offset));
    const { outcomes } = await conversations.carryOut(...commands);
    const failed = outcomes.find(({ kind }) => kind !== 'done');
    if (failed) throw new Error(`a command resulted in ${JSON.stringify(failed)}`);
  }
}
