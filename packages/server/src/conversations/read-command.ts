import * as z from 'zod/mini';
import { firstLevel, supportedLevel } from '../platform/features.ts';
import { fieldErrors } from '../platform/validation.ts';
import type { Command } from './command.ts';
import type { CommandKind } from './command-kind.ts';
import { commandKinds } from './command-kinds.ts';

/** The result of reading a value from a log. */
export type ReadCommand =
  | { kind: 'command'; command: Command }
  /** A later version wrote it, for programs that support this feature level. */
  | { kind: 'later'; level: number }
  /** No version with a supported feature level writes such a value. */
  | { kind: 'malformed'; reason: string };

const common = {
  kind: z.string(),
  conversationId: z.string(),
  actorId: z.string(),
  commandId: z.string(),
  level: z.optional(z.int().check(z.minimum(firstLevel))),
};
/** The schema of a kind of command. */
interface Form {
  schema: z.ZodMiniType<Command>;
  fields: ReadonlySet<string>;
}

const forms = new WeakMap<CommandKind, Form>();

/**
 * Reads a command, which another version may have written. A command with an unknown field that has a value is
 * malformed: it would be acknowledged, and the field would be lost.
 */
export function readCommand(value: unknown): ReadCommand {
  if (typeof value !== 'object' || value === null) return { kind: 'malformed', reason: 'it has no command' };
  const { level, kind } = value as { level?: unknown; kind?: unknown };
  if (Number.isInteger(level) && Number(level) > supportedLevel()) return { kind: 'later', level: Number(level) };
  const known = typeof kind === 'string' ? commandKinds.get(kind) : undefined;
  if (!known) return { kind: 'malformed', reason: `there is no kind of command ${JSON.stringify(kind)}` };
  const { schema, fields } = formOf(known);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [first] = fieldErrors(parsed.error.issues);
    return { kind: 'malformed', reason: first ? `${first.field} ${first.rule}` : 'it is not a command' };
  }
  for (const [name, content] of Object.entries(parsed.data)) {
    if (fields.has(name) || content === null) continue;
    return { kind: 'malformed', reason: `a command ${JSON.stringify(kind)} has no field ${JSON.stringify(name)}` };
  }
  return { kind: 'command', command: parsed.data };
}

function formOf(kind: CommandKind): Form {
  const made = forms.get(kind);
  if (made) return made;
  const shape = { ...kind.fields, ...common };
  // The schemas of the kinds define the type of the commands.
  const schema = z.looseObject(shape) as unknown as z.ZodMiniType<Command>;
  const form = { schema, fields: new Set(Object.keys(shape)) };
  forms.set(kind, form);
  return form;
}
