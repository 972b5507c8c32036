// Fills the stores of a stopped system, without sockets.
import type { Adapters } from '@parley/server';
import type { Command } from '../../packages/server/src/conversations/command.ts';
import { Unavailable } from '../../packages/server/src/platform/failures.ts';
import { ConversationsUnderTest, fields } from '../../packages/server/test/contract/conversations-under-test.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import type { Person } from './people.ts';

/** Small enough that a statement ends in time on a busy machine. */
const batch = 250;
const attemptsMax = 10;
const retryMs = 1_000;
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

/** Adds this many members who have no account to a channel. */
export async function addMembers(
  adapters: Adapters,
  channel: PlannedConversation,
  count: number,
): Promise<PlannedConversation> {
  await carryOut(adapters, count, (): Command => {
    return { ...fields(channel.id, Bun.randomUUIDv7()), kind: 'join' };
  });
  return { ...channel, headSeq: channel.headSeq + count };
}

async function carryOut(adapters: Adapters, count: number, commandAt: (index: number) => Command): Promise<void> {
  const conversations = new ConversationsUnderTest(adapters);
  for (let from = 0; from < count; from += batch) {
    conversations.nowMs = Date.now();
    const commands = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => commandAt(from + offset));
    const { outcomes } = await retried(() => conversations.carryOut(...commands));
    const failed = outcomes.find(({ kind }) => kind !== 'done');
    if (failed) throw new Error(`a command resulted in ${JSON.stringify(failed)}`);
  }
}

/** Calls again when the store did not answer in time: commands that were carried out have their entries then. */
async function retried<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === attemptsMax) throw error;
      await Bun.sleep(retryMs);
    }
  }
}
