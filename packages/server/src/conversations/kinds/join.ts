import { limits } from '@parley/protocol';
import { commandKind, onlyActor } from '../command-kind.ts';
import { isMember } from '../conversation.ts';
import { append, full, notFound, refused, unchanged } from '../verdict.ts';

export const join = commandKind({
  fields: {},
  usersOf: onlyActor,
  bansOf: onlyActor,
  decide(command, situation) {
    const { head, participantOf } = situation;
    if (head?.kind !== 'channel' || head.closed) return notFound;
    if (isMember(participantOf(command.actorId))) return unchanged;
    if (situation.isBanned(command.actorId)) return refused('banned', 'You are banned from this channel.');
    if (head.memberCount >= limits.membersPerConversation) return full;
    return append(head, command, { kind: 'joined' }, situation);
  },
});
