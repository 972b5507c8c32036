import { limits } from '@parley/protocol';
import * as z from 'zod/mini';
import { amend } from '../amend.ts';
import { commandKind, onlyActor } from '../command-kind.ts';
import { refused } from '../verdict.ts';

export const pin = commandKind({
  feature: 'amendments',
  fields: { seq: z.int(), set: z.boolean() },
  usersOf: onlyActor,
  messagesOf: ({ seq }) => [seq],
  amends: { readsPins: true },
  decide: (command, situation) => {
    const { conversationId, set } = command;
    const hasAllPins = () => set && situation.amendments.pinCount(conversationId) >= limits.pinsPerConversation;
    return amend(command, situation, { kind: 'pin', set }, () => (hasAllPins() ? tooManyPins : null));
  },
});

const tooManyPins = refused(
  'too_many_pins',
  `A conversation has at most ${limits.pinsPerConversation} pinned messages: unpin another one first.`,
);
