import { Role } from '@parley/protocol';
import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, asMemberOfGroup, lastOwner, notAMember, refused, unchanged } from '../verdict.ts';

export const setRole = commandKind({
  fields: { userId: z.string(), role: Role },
  usersOf: ({ actorId, userId }) => [actorId, userId],
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role !== 'owner') return refused('forbidden', 'Only owners may change roles.');
      const target = situation.participantOf(command.userId);
      if (!isMember(target)) return notAMember;
      if (target.role === command.role) return unchanged;
      if (target.role === 'owner' && head.ownerCount === 1) return lastOwner;
      return append(head, command, { kind: 'role', userId: target.userId, role: command.role }, situation);
    }),
});
