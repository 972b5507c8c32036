import * as z from 'zod/mini';
import { commandKind, onlyActor } from '../command-kind.ts';
import { append, asMemberOfGroup, refused, unchanged } from '../verdict.ts';

export const unban = commandKind({
  feature: 'bans',
  fields: { userId: z.string() },
  usersOf: onlyActor,
  bansOf: ({ userId }) => [userId],
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      const { userId } = command;
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may lift bans.');
      return situation.isBanned(userId) ? append(head, command, { kind: 'unbanned', userId }, situation) : unchanged;
    }),
});
