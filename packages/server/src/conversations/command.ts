import type {
  ConversationId,
  ConversationKind,
  Entry,
  ErrorCode,
  HistoryVisibility,
  Role,
  UserId,
} from '@parley/protocol';

/** What every command says. */
export interface CommandFields {
  conversationId: ConversationId;
  /** Who wants it; becomes the entry's sender. */
  actorId: UserId;
  /**
   * (conversation, actor, command id) is unique for as long as the entry exists (contract 2). The client message id
   * of a message; for everything else a {@link serverCommandId}, which no client message id can equal.
   */
  commandId: string;
  /** The feature level that what it says was enabled by; none for the first. */
  level?: number;
}

/** Whatever changes a conversation. Carried out once, in the order of its conversation's log, or refused. */
export type Command = CommandFields &
  (
    | { kind: 'send'; text: string }
    | { kind: 'open_direct'; partnerId: UserId }
    | {
        kind: 'create';
        conversationKind: Exclude<ConversationKind, 'direct'>;
        name: string;
        description: string;
        announceOnly: boolean;
        history: HistoryVisibility;
        userIds: UserId[];
      }
    | { kind: 'join' }
    | { kind: 'leave' }
    | { kind: 'add'; userIds: UserId[] }
    | { kind: 'remove'; userId: UserId }
    | { kind: 'set_role'; userId: UserId; role: Role }
    | {
        kind: 'update';
        name?: string | undefined;
        description?: string | undefined;
        announceOnly?: boolean | undefined;
      }
  );
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** The command id of something that is no message: client message ids have no spaces. */
export function serverCommandId(id: string): string {
  return ` ${id}`;
}

/** What became of a command, as whoever submitted it learns it. */
export type Outcome =
  /** The entry is on disk (contract 1); a retry gets the first one's. */
  | { kind: 'done'; entry: Entry }
  /** What was wanted is so already, and no entry was needed. */
  | { kind: 'unchanged' }
  | { kind: 'refused'; code: ErrorCode; detail: string; retryAfterMs?: number };
