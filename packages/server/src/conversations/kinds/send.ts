import * as z from 'zod/mini';
import { commandKind, onlyActor } from '../command-kind.ts';
import { append, asMember, refused } from '../verdict.ts';

export const send = commandKind({
  fields: { text: z.string() },
  usersOf: onlyActor,
  decide: (command, situation) =>
    asMember(command, situation, ({ head, actor }) => {
      if (head.announceOnly && actor.role === 'member') {
        return refused('announce_only', 'Only owners and admins may write here.');
      }
      const { commandId: clientMessageId, text } = command;
      return append(head, command, { kind: 'message', clientMessageId, text }, situation);
    }),
  refuseReuse({ commandId, text }, entry) {
    if (entry.kind === 'message' && entry.text === text) return null;
    return refused(
      'client_message_id_reused',
      `Client message id ${JSON.stringify(commandId)} belongs to entry ${entry.seq}, which has another text.`,
    );
  },
});
