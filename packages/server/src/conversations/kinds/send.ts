import { type MessageEntry, mayWrite } from '@parley/protocol';
import * as z from 'zod/mini';
import { firstTextHash, isStoredMessage, type StoredMessage } from '../amendment.ts';
import { commandKind, onlyActor } from '../command-kind.ts';
import type { Participant } from '../conversation.ts';
import {
  announceOnly,
  append,
  asMember,
  noSuchMessage,
  notAMessage,
  type Refused,
  refused,
  type Situation,
} from '../verdict.ts';

export const send = commandKind({
  fields: { text: z.string(), replyTo: z.optional(z.int()) },
  featureOfField: { replyTo: 'amendments' },
  usersOf: onlyActor,
  messagesOf: ({ replyTo }) => (replyTo === undefined ? [] : [replyTo]),
  decide: (command, situation) =>
    asMember(command, situation, ({ head, actor }) => {
      if (!mayWrite(head, actor)) return announceOnly;
      const { commandId: clientMessageId, text, replyTo } = command;
      const refusal = refuseTarget(command, actor, situation);
      if (refusal) return refusal;
      const content = { kind: 'message', clientMessageId, text, ...(replyTo !== undefined && { replyTo }) } as const;
      return append(head, command, content, situation);
    }),
  refuseReuse(command, made) {
    if (isStoredMessage(made) && wasSent(command, made)) return null;
    return refused(
      'client_message_id_reused',
      `Client message id ${JSON.stringify(command.commandId)} belongs to entry ${made.entry.seq}, which has another text.`,
    );
  },
});

/** Whether the command made this message. A deleted message has nothing left to compare. */
function wasSent(
  { text, replyTo }: { text: string; replyTo?: number | undefined },
  { entry, firstTextHash: hash }: StoredMessage<MessageEntry>,
): boolean {
  if (entry.deleted) return true;
  const isText = hash === null ? entry.text === text : firstTextHash({ ...entry, text }) === hash;
  return isText && entry.replyTo === replyTo;
}

/** A reply to a deleted message is allowed: the deletion could as well have been decided after it. */
function refuseTarget(
  { conversationId, replyTo }: { conversationId: string; replyTo?: number | undefined },
  { visibleFromSeq }: Participant,
  { amendments }: Situation,
): Refused | null {
  if (replyTo === undefined) return null;
  const target = amendments.message(conversationId, replyTo);
  if (!target || replyTo < visibleFromSeq) return noSuchMessage(replyTo);
  return isStoredMessage(target) ? null : notAMessage(replyTo);
}
