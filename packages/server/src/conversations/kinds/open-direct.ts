import * as z from 'zod/mini';
import { commandKind } from '../command-kind.ts';
import { directConversationId } from '../conversation-ids.ts';
import { created } from '../step.ts';
import { notFound, unchanged } from '../verdict.ts';

/** The properties that every direct conversation has; nothing changes them. */
export const directProperties = { name: null, description: '', announceOnly: false, history: 'all' } as const;

export const openDirect = commandKind({
  fields: { partnerId: z.string() },
  usersOf: ({ actorId, partnerId }) => [actorId, partnerId],
  decide({ conversationId, actorId, partnerId }, { head, nowMs }) {
    const derivedId = directConversationId(actorId, partnerId);
    if (conversationId !== derivedId || actorId === partnerId) return notFound;
    if (head) return unchanged;
    const conversation = { conversationId, actorId, conversationKind: 'direct', userIds: [partnerId] } as const;
    return { kind: 'step', step: created({ ...conversation, ...directProperties }, nowMs) };
  },
});
