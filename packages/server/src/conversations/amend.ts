import {
  amended,
  amendmentRefusal,
  type ErrorCode,
  isUnchanged,
  limits,
  type MessageChange,
  type MessageEntry,
} from '@parley/protocol';
import {
  type AmendmentRecord,
  type AmendmentStep,
  firstTextHash,
  isStoredMessage,
  type StoredMessage,
} from './amendment.ts';
import type { CommandFields } from './command-fields.ts';
import type { ConversationHead } from './conversation.ts';
import { timeAfter } from './step.ts';
import {
  announceOnly,
  asMember,
  noSuchMessage,
  notAMessage,
  type Refused,
  refused,
  type Situation,
  type Verdict,
} from './verdict.ts';

interface AmendingCommand extends CommandFields {
  seq: number;
}

const noFurtherRule = () => null;

/** Decides a command that changes one message. `refuse` has the rules of its kind that only the server checks. */
export function amend(
  command: AmendingCommand,
  situation: Situation,
  change: MessageChange,
  refuse: (message: MessageEntry) => Refused | null = noFurtherRule,
): Verdict {
  const { conversationId, actorId, commandId, seq } = command;
  const { amendments, nowMs } = situation;
  const stored = amendments.message(conversationId, seq);
  const before = amendments.madeBy({ conversationId, senderId: actorId, commandId });
  if (before) return retried(before, change, seq, stored);
  return asMember(command, situation, ({ head, actor }) => {
    const { userId, role, visibleFromSeq } = actor;
    const by = { userId, role, visibleFromSeq, conversationKind: head.kind, announceOnly: head.announceOnly };
    const code = amendmentRefusal(stored?.entry, change, by);
    if (code !== null || !isStoredMessage(stored)) return refusalOf(code ?? 'not_a_message', change, seq);
    const hasReacted = change.kind === 'react' && amendments.hasReacted({ conversationId, seq, userId, ...change });
    const message = stored.entry;
    if (isUnchanged(message, change, hasReacted)) {
      return { kind: 'amended_before', message, revision: message.revision ?? 0, isRetry: false };
    }
    return refuse(message) ?? { kind: 'amendment', step: amendmentOf(head, stored, change, { byId: userId, nowMs }) };
  });
}

/** A retry gets the first revision. Its text is not compared: nothing keeps the texts of former edits. */
function retried(
  before: AmendmentRecord,
  change: MessageChange,
  seq: number,
  stored: StoredMessage | undefined,
): Verdict {
  if (before.seq !== seq || before.kind !== change.kind || !isStoredMessage(stored)) {
    const detail = `Amendment id ${JSON.stringify(before.commandId)} belongs to another change, of message ${before.seq}.`;
    return refused('amendment_id_reused', detail);
  }
  return { kind: 'amended_before', message: stored.entry, revision: before.revision, isRetry: true };
}

function amendmentOf(
  head: ConversationHead,
  { entry, firstTextHash: hash }: StoredMessage<MessageEntry>,
  change: MessageChange,
  { byId, nowMs }: { byId: string; nowMs: number },
): AmendmentStep {
  const revision = head.revision + 1;
  const atMs = timeAfter(entry.atMs, nowMs);
  const next = amended(entry, { revision, byId, atMs, change });
  const kept = change.kind === 'edit' ? (hash ?? firstTextHash(entry)) : hash;
  return {
    head: { ...head, revision, amendedAtMs: Math.max(head.amendedAtMs, atMs) },
    message: { entry: next, firstTextHash: change.kind === 'delete' ? null : kept },
    change,
  };
}

function refusalOf(code: ErrorCode, change: MessageChange, seq: number): Refused {
  switch (code) {
    case 'message_not_found':
      return noSuchMessage(seq);
    case 'message_deleted':
      return refused(code, `Message ${seq} was deleted.`);
    case 'announce_only':
      return announceOnly;
    case 'too_many_reactions':
      return refused(code, `A message has at most ${limits.reactionsPerMessage} different reactions.`);
    case 'forbidden':
      return refused(code, forbidden[change.kind]);
    default:
      return notAMessage(seq);
  }
}

const forbidden: Readonly<Record<MessageChange['kind'], string>> = {
  edit: 'Only its sender may edit a message.',
  delete: 'Only its sender may delete a message here, or an owner or admin of a group or channel.',
  react: 'You may not react to this message.',
  pin: 'Only owners and admins may pin messages here.',
};
