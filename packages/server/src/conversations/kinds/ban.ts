import { limits } from '@parley/protocol';
import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, asMemberOfGroup, mayRemove, refused, unchanged } from '../verdict.ts';

export const ban = commandKind({
  feature: 'bans',
  fields: { userId: z.string() },
  usersOf: ({ actorId, userId }) => [actorId, userId],
  bansOf: ({ userId }) => [userId],
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      const { userId } = command;
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may ban users.');
      if (userId === actor.userId) return refused('forbidden', 'You may not ban yourself.');
      if (situation.isBanned(userId)) return unchanged;
      const target = situation.participantOf(userId);
      const wasMember = isMember(target);
      if (wasMember && !mayRemove(actor, target)) {
        return refused('forbidden', 'Admins may ban users, but not admins or owners.');
      }
      if (head.banCount >= limits.bansPerConversation) {
        return refused('too_many_bans', `A conversation has at most ${limits.bansPerConversation} banned users.`);
      }
      return append(head, command, { kind: 'banned', userId, wasMember }, situation);
    }),
});
