import * as z from 'zod/mini';
import { amend } from '../amend.ts';
import { commandKind, onlyActor } from '../command-kind.ts';

export const deletion = commandKind({
  feature: 'amendments',
  fields: { seq: z.int() },
  usersOf: onlyActor,
  messagesOf: ({ seq }) => [seq],
  amends: {},
  decide: (command, situation) => amend(command, situation, { kind: 'delete' }),
});
