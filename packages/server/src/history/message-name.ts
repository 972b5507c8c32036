import { ConversationId, operations } from '@parley/protocol';
import { Unusable } from '../platform/failures.ts';

/** How an operator names a message: by its client message id, or by its conversation and number. */
export type MessageName =
  | { kind: 'id'; clientMessageId: string; conversationId: ConversationId | null }
  | { kind: 'number'; conversationId: ConversationId; seq: number };

const ClientMessageId = operations.sendMessage.body.shape.clientMessageId;
const allowed = 'a client message id (1 to 64 printable ASCII characters) or CONVERSATION/NUMBER';

/**
 * Parses the name of a message. A client message id is unique for one sender in one conversation, which `conversation`
 * may name.
 *
 * @throws {Unusable} with what is allowed.
 */
export function parseMessageName(text: string, conversation: string | undefined): MessageName {
  const [, conversationId, number] = /^([0-9a-f-]{36})\/(\d+)$/i.exec(text) ?? [];
  if (conversationId !== undefined) {
    if (conversation !== undefined) throw new Unusable('--conversation can be used only with a client message id');
    const seq = Number(number);
    if (seq < 1 || !Number.isSafeInteger(seq)) throw new Unusable(`${text}: entries are numbered from 1`);
    return { kind: 'number', conversationId: checkedConversation(conversationId), seq };
  }
  if (!ClientMessageId.safeParse(text).success) throw new Unusable(`${JSON.stringify(text)} is not ${allowed}`);
  return { kind: 'id', clientMessageId: text, conversationId: conversation ? checkedConversation(conversation) : null };
}

function checkedConversation(text: string): ConversationId {
  const id = text.toLowerCase();
  if (ConversationId.safeParse(id).success) return id;
  throw new Unusable(`${JSON.stringify(text)} is not the id of a conversation, which is a UUID`);
}
