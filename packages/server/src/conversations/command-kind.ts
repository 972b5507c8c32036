import type { UserId } from '@parley/protocol';
import type * as z from 'zod/mini';
import type { StoredMessage } from './amendment.ts';
import type { CommandFields } from './command-fields.ts';
import type { Refused, Situation, Verdict } from './verdict.ts';

/** Everything that distinguishes one kind of command from the others. */
export interface CommandKind<Given extends CommandFields = CommandFields> {
  /** The feature that added the kind; absent for kinds of the first level. */
  feature?: string;
  /** The schemas of its fields beside those of every command. */
  fields: Record<string, z.ZodMiniType>;
  /** The features that added fields to it later. */
  featureOfField?: Record<string, string>;
  /** The users whose participants the decision reads or changes. */
  usersOf(command: Given): UserId[];
  /** The users whose bans the decision depends on; absent for kinds that depend on none. */
  bansOf?(command: Given): UserId[];
  /** The numbers of the messages that the decision reads. */
  messagesOf?(command: Given): number[];
  /** Set for a kind that amends a message instead of making an entry. */
  amends?: {
    /** The emoji by which the command changes the reactions of its sender. */
    emojiOf?(command: Given): string;
    /** Whether the decision reads the number of pinned messages. */
    readsPins?: boolean;
  };
  decide(command: Given, situation: Situation): Verdict;
  /** Refuses a command whose id made an entry with another content before; a retry has the same content. */
  refuseReuse?(command: Given, made: StoredMessage): Refused | null;
}

type Fields = Record<string, z.ZodMiniType>;
type Given<Shape extends Fields> = [keyof Shape] extends [never]
  ? CommandFields
  : CommandFields & z.infer<z.ZodMiniObject<Shape>>;

/** Types the functions of a kind by the schemas of its fields. */
export function commandKind<Shape extends Fields>(
  kind: CommandKind<Given<Shape>> & { fields: Shape },
): CommandKind<Given<Shape>> {
  return kind;
}

export function onlyActor({ actorId }: CommandFields): UserId[] {
  return [actorId];
}
