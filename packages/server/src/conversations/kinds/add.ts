import { limits } from '@parley/protocol';
import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, asMemberOfGroup, full, refused } from '../verdict.ts';

export const add = commandKind({
  fields: { userIds: z.array(z.string()) },
  usersOf: ({ actorId, userIds }) => [actorId, ...userIds],
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may add members.');
      const userIds = [...new Set(command.userIds)].filter((userId) => !isMember(situation.participantOf(userId)));
      if (userIds.length === 0) return refused('already_member', 'All named users are members already.');
      if (head.memberCount + userIds.length > limits.membersPerConversation) return full;
      return append(head, command, { kind: 'added', userIds }, situation);
    }),
});
