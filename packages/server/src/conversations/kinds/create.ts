import { HistoryVisibility } from '@parley/protocol';
import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { created } from '../step.ts';
import { notFound, refused } from '../verdict.ts';

export const create = commandKind({
  fields: {
    conversationKind: z.enum(['group', 'channel']),
    name: z.string(),
    description: z.string(),
    announceOnly: z.boolean(),
    history: HistoryVisibility,
    userIds: z.array(z.string()),
  },
  usersOf: ({ actorId, userIds }) => [actorId, ...userIds],
  decide: (command, { head, nowMs }) => (head ? notFound : { kind: 'step', step: created(command, nowMs) }),
  refuseReuse({ conversationKind, name }, { entry }) {
    if (entry.kind === 'created' && entry.conversationKind === conversationKind && entry.name === name) return null;
    return refused('client_request_id_reused', 'You created another conversation with this client request id.');
  },
});
