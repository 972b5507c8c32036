import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, asMemberOfGroup, lastOwner, mayRemove, notAMember, refused } from '../verdict.ts';

export const remove = commandKind({
  fields: { userId: z.string() },
  usersOf: ({ actorId, userId }) => [actorId, userId],
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may remove members.');
      const target = situation.participantOf(command.userId);
      if (!isMember(target)) return notAMember;
      if (target.userId !== actor.userId && !mayRemove(actor, target)) {
        return refused('forbidden', 'Admins may remove members, but not admins or owners.');
      }
      if (target.role === 'owner' && head.ownerCount === 1) return lastOwner;
      return append(head, command, { kind: 'removed', userId: target.userId }, situation);
    }),
});
