import { HistoryVisibility, Role, type UserId } from '@parley/protocol';
import * as z from 'zod/mini';
import { firstLevel, levelOf } from '../platform/features.ts';
import type { Command, CommandOf } from './command.ts';
import { decideAsMember, decideCreate, decideJoin, decideOpenDirect, type Situation, type Verdict } from './rules.ts';

/** Everything that distinguishes one kind of command from the others. */
export interface CommandKind<Kind extends Command = Command> {
  /** The feature that it came with; none for those of the first level. */
  feature?: string;
  /** Its fields beside those of every command. */
  fields: Record<string, z.ZodMiniType>;
  /** The features that fields came with; none for those that came with the kind. */
  featureOfField?: Record<string, string>;
  /** The users whose participants the decision reads or changes. */
  usersOf(command: Kind): UserId[];
  decide(command: Kind, situation: Situation): Verdict;
}

const text = z.string();
const ids = z.array(text);
const actor = ({ actorId }: Command) => [actorId];

const kinds: { [Kind in Command['kind']]: CommandKind<CommandOf<Kind>> } = {
  send: { fields: { text }, usersOf: actor, decide: decideAsMember },
  open_direct: {
    fields: { partnerId: text },
    usersOf: ({ actorId, partnerId }) => [actorId, partnerId],
    decide: decideOpenDirect,
  },
  create: {
    fields: {
      conversationKind: z.enum(['group', 'channel']),
      name: text,
      description: text,
      announceOnly: z.boolean(),
      history: HistoryVisibility,
      userIds: ids,
    },
    usersOf: ({ actorId, userIds }) => [actorId, ...userIds],
    decide: decideCreate,
  },
  join: { fields: {}, usersOf: actor, decide: decideJoin },
  leave: { fields: {}, usersOf: actor, decide: decideAsMember },
  add: { fields: { userIds: ids }, usersOf: ({ actorId, userIds }) => [actorId, ...userIds], decide: decideAsMember },
  remove: { fields: { userId: text }, usersOf: ({ actorId, userId }) => [actorId, userId], decide: decideAsMember },
  set_role: {
    fields: { userId: text, role: Role },
    usersOf: ({ actorId, userId }) => [actorId, userId],
    decide: decideAsMember,
  },
  update: {
    fields: { name: z.optional(text), description: z.optional(text), announceOnly: z.optional(z.boolean()) },
    usersOf: actor,
    decide: decideAsMember,
  },
};

/** Every kind of command that this program can decide, by name. */
export const commandKinds = new Map<string, CommandKind>(Object.entries(kinds));

export function kindOf({ kind }: Pick<Command, 'kind'>): CommandKind {
  const found = commandKinds.get(kind);
  if (!found) throw new Error(`there is no kind of command ${kind}`);
  return found;
}

/** The feature level that everything which the command says is enabled by. */
export function levelNeeded(command: Command): number {
  const { feature, featureOfField } = kindOf(command);
  let level = feature === undefined ? firstLevel : levelOf(feature);
  if (featureOfField === undefined) return level;
  for (const [field, name] of Object.entries(featureOfField)) {
    if (Reflect.get(command, field) !== undefined) level = Math.max(level, levelOf(name));
  }
  return level;
}
