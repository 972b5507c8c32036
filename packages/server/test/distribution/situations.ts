import type { Role, UserId } from '@parley/protocol';
import type { Command, CommandOf } from '../../src/conversations/command.ts';
import { type CommandFields, serverCommandId } from '../../src/conversations/command-fields.ts';
import type { ConversationHead } from '../../src/conversations/conversation.ts';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { decide } from '../../src/conversations/decide.ts';
import type { Verdict } from '../../src/conversations/verdict.ts';
import { BatchAmendments } from '../../src/distribution/batch-amendments.ts';
import { Shard } from './shard.ts';

/** A command without its actor and conversation. */
export type Wanted<Each = Command> = Each extends Command ? Omit<Each, keyof CommandFields> : never;

type Counts = Partial<Pick<ConversationHead, 'memberCount' | 'banCount'>>;

export const directId = directConversationId('owner', 'member');
let lastCommand = 0;

export function by(actorId: UserId, wanted: Wanted, conversationId = 'group'): Command {
  return { conversationId, actorId, commandId: serverCommandId(String(++lastCommand)), ...wanted };
}

type Creation = Omit<CommandOf<'create'>, keyof CommandFields | 'kind'>;

export function create(more: Partial<Creation> = {}): Command {
  const creation: Creation = {
    ...{ conversationKind: 'group', name: 'name', description: 'about', announceOnly: false, history: 'all' },
    ...{ userIds: ['admin', 'other admin', 'member', 'other'], ...more },
  };
  return by('owner', { kind: 'create', ...creation });
}

export function role(userId: UserId, newRole: Role): Command {
  return by('owner', { kind: 'set_role', userId, role: newRole });
}

/** A group with a member of each role, a direct conversation of two of them, and the commands in `since`. */
export function shardAfter(more: Partial<Creation> = {}, ...since: Command[]): Shard {
  const opened = by('owner', { kind: 'open_direct', partnerId: 'member' }, directId);
  return Shard.after([[create(more), role('admin', 'admin'), role('other admin', 'admin'), opened, ...since]]);
}

/** The verdict on the command in the state of the shard, with these counts instead of the real ones. */
export function verdict(shard: Shard, command: Command, counts: Counts = {}): Verdict {
  const head = shard.heads.find(({ id }) => id === command.conversationId);
  return decide(command, {
    head: head && { ...head, ...counts },
    participantOf: (userId) => shard.participant(command.conversationId, userId),
    isBanned: (userId) => shard.isBanned(command.conversationId, userId),
    repeated: undefined,
    amendments: new BatchAmendments(shard.factsFor([command]).amendments, []),
    nowMs: 2_000,
  });
}

/** The kind of the entry that the command makes, or the code of its refusal, or 'unchanged'. */
export function came(shard: Shard, command: Command, counts?: Counts): string {
  const what = verdict(shard, command, counts);
  if (what.kind === 'refused') return what.code;
  return what.kind === 'step' ? what.step.entry.kind : what.kind;
}
