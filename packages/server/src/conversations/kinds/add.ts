import { limits, type UserId } from '@parley/protocol';
import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, asMemberOfGroup, full, type Refused, refused } from '../verdict.ts';

export const add = commandKind({
  fields: { userIds: z.array(z.string()) },
  usersOf: ({ actorId, userIds }) => [actorId, ...userIds],
  bansOf: ({ userIds }) => userIds,
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may add members.');
      const userIds = [...new Set(command.userIds)].filter((userId) => !isMember(situation.participantOf(userId)));
      if (userIds.length === 0) return refused('already_member', 'All named users are members already.');
      const banned = userIds.filter((userId) => situation.isBanned(userId));
      if (banned.length > 0) return refusedFor(banned, command.userIds);
      if (head.memberCount + userIds.length > limits.membersPerConversation) return full;
      return append(head, command, { kind: 'added', userIds }, situation);
    }),
});

function refusedFor(banned: readonly UserId[], userIds: readonly UserId[]): Refused {
  const detail =
    userIds.length === 1
      ? 'The user is banned from this conversation. Lift the ban first.'
      : `Nobody was added, because these users are banned from this conversation: ${banned.join(', ')}.`;
  return refused('user_banned', detail);
}
