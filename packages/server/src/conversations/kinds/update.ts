import * as z from 'zod/mini';
import { commandKind, onlyActor } from '../command-kind.ts';
import type { EntryContent } from '../step.ts';
import { append, asMemberOfGroup, refused, unchanged } from '../verdict.ts';

export const update = commandKind({
  fields: {
    name: z.optional(z.string()),
    description: z.optional(z.string()),
    announceOnly: z.optional(z.boolean()),
  },
  usersOf: onlyActor,
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may change this.');
      const { name, description, announceOnly } = command;
      const content: EntryContent = { kind: 'updated' };
      if (name !== undefined && name !== head.name) content.name = name;
      if (description !== undefined && description !== head.description) content.description = description;
      if (announceOnly !== undefined && announceOnly !== head.announceOnly) content.announceOnly = announceOnly;
      return Object.keys(content).length === 1 ? unchanged : append(head, command, content, situation);
    }),
});
