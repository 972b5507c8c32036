import { firstLevel, levelOf } from '../platform/features.ts';
import type { CommandFields } from './command-fields.ts';
import type { CommandKind } from './command-kind.ts';
import { add } from './kinds/add.ts';
import { ban } from './kinds/ban.ts';
import { create } from './kinds/create.ts';
import { deletion } from './kinds/delete.ts';
import { edit } from './kinds/edit.ts';
import { join } from './kinds/join.ts';
import { leave } from './kinds/leave.ts';
import { openDirect } from './kinds/open-direct.ts';
import { pin } from './kinds/pin.ts';
import { react } from './kinds/react.ts';
import { remove } from './kinds/remove.ts';
import { send } from './kinds/send.ts';
import { setRole } from './kinds/set-role.ts';
import { unban } from './kinds/unban.ts';
import { update } from './kinds/update.ts';

const kinds = {
  send,
  open_direct: openDirect,
  create,
  join,
  leave,
  add,
  remove,
  ban,
  unban,
  set_role: setRole,
  update,
  edit,
  delete: deletion,
  react,
  pin,
};
export type Kinds = typeof kinds;

/** The kinds of commands that this program can decide, by name. */
export const commandKinds = new Map<string, CommandKind>(Object.entries(kinds));

export function kindOf({ kind }: { kind: string }): CommandKind {
  const found = commandKinds.get(kind);
  if (!found) throw new Error(`there is no kind of command ${kind}`);
  return found;
}

/** The feature level that enables the command's kind and every field that it has. */
export function levelNeeded(command: CommandFields & { kind: string }): number {
  const { feature, featureOfField } = kindOf(command);
  let level = feature === undefined ? firstLevel : levelOf(feature);
  if (featureOfField === undefined) return level;
  for (const [field, name] of Object.entries(featureOfField)) {
    if (Reflect.get(command, field) !== undefined) level = Math.max(level, levelOf(name));
  }
  return level;
}
