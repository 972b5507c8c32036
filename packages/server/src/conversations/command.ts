import type { Entry, ErrorCode } from '@parley/protocol';
import type { CommandFields } from './command-fields.ts';
import type { Kinds } from './command-kinds.ts';

/** A request to change a conversation. Decided once, in the order of the conversation's log. */
export type Command = {
  [Kind in keyof Kinds]: CommandFields & { kind: Kind } & Parameters<Kinds[Kind]['decide']>[0];
}[keyof Kinds];
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** The answer to the sender of a command. */
export type Outcome =
  /** The entry is on disk (contract 1); a retry gets the first one's. */
  | { kind: 'done'; entry: Entry }
  /** The message was amended, or already was as requested; the revision is on disk (contract 1). */
  | { kind: 'amended'; seq: number; revision: number }
  /** The conversation already is as the command asks; no entry was needed. */
  | { kind: 'unchanged' }
  | { kind: 'refused'; code: ErrorCode; detail: string; retryAfterMs?: number };
