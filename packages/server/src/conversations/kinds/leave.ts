import { commandKind, onlyActor } from '../command-kind.ts';
import { append, asMemberOfGroup, lastOwner } from '../verdict.ts';

export const leave = commandKind({
  fields: {},
  usersOf: onlyActor,
  decide: (command, situation) =>
    asMemberOfGroup(command, situation, ({ head, actor }) => {
      if (actor.role === 'owner' && head.ownerCount === 1 && head.memberCount > 1) return lastOwner;
      return append(head, command, { kind: 'left' }, situation);
    }),
});
