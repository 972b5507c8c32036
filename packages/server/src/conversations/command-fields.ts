import type { ConversationId, UserId } from '@parley/protocol';

/** The fields of every command. */
export interface CommandFields {
  conversationId: ConversationId;
  /** The user who sends the command; becomes the entry's sender. */
  actorId: UserId;
  /**
   * (conversation, actor, command id) is unique for as long as the entry exists (contract 2). The client message id
   * of a message; for everything else a {@link serverCommandId}, which no client message id can equal.
   */
  commandId: string;
  /** The feature level that enabled its kind and fields; absent for the first level. */
  level?: number;
}

/** The command id of a command that is no message: client message ids have no spaces. */
export function serverCommandId(id: string): string {
  return ` ${id}`;
}
