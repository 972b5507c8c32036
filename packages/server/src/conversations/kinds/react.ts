import * as z from 'zod/mini';
import { amend } from '../amend.ts';
import { commandKind, onlyActor } from '../command-kind.ts';

export const react = commandKind({
  feature: 'amendments',
  fields: { seq: z.int(), emoji: z.string(), set: z.boolean() },
  usersOf: onlyActor,
  messagesOf: ({ seq }) => [seq],
  amends: { emojiOf: ({ emoji }) => emoji },
  decide: (command, situation) => {
    const { emoji, set } = command;
    return amend(command, situation, { kind: 'react', emoji, set });
  },
});
