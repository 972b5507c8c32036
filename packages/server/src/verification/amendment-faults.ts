import type { MessageEntry, UserId } from '@parley/protocol';
import type { AmendmentRecord } from '../conversations/amendment.ts';
import type { ConversationHead } from '../conversations/conversation.ts';

/** What a conversation stores of amendments, as of one moment. */
export interface StoredAmendments {
  head: Pick<ConversationHead, 'revision' | 'amendedAtMs'>;
  /** The messages with a revision. */
  messages: readonly MessageEntry[];
  /** The numbers of rows by message and emoji. */
  reactions: readonly { seq: number; emoji: string; count: number }[];
  pins: readonly { seq: number }[];
  records: readonly Pick<AmendmentRecord, 'seq' | 'revision' | 'kind'>[];
  /** Users with a reaction or an amendment who never were participants. */
  strangers: readonly { userId: UserId }[];
}

/** The maximum number of sentences about one conversation. */
const faultsMax = 20;

/**
 * Compares what amendments left in messages with the conversation's revision and with the rows of reactions, pins and
 * commands. Each fault is the end of a sentence that begins with the conversation.
 */
export function amendmentFaults(stored: StoredAmendments): string[] {
  const strangers = stored.strangers.map(
    ({ userId }) => `contract 8: has an amendment of ${userId}, who never was a participant`,
  );
  const faults = [revisionFaults, reactionFaults, pinFaults, recordFaults].flatMap((faultsOf) => [...faultsOf(stored)]);
  return [...strangers, ...faults].slice(0, faultsMax);
}

function* revisionFaults({ head, messages }: StoredAmendments): Generator<string> {
  const owners = new Map<number, number>();
  let latestMs = 0;
  for (const { seq, revision = 0, editedAtMs = 0, deleted, pinned } of messages) {
    const other = owners.get(revision);
    if (other !== undefined) yield `contract 3: messages ${other} and ${seq} have the same revision ${revision}`;
    owners.set(revision, seq);
    latestMs = Math.max(latestMs, editedAtMs, deleted?.atMs ?? 0, pinned?.atMs ?? 0);
  }
  const last = Math.max(0, ...owners.keys());
  if (head.revision !== last) {
    yield `contract 3: its row has revision ${head.revision}, but its messages make it ${last}`;
  }
  if ((head.amendedAtMs === 0) !== (last === 0) || head.amendedAtMs < latestMs) {
    yield `contract 3: its row has ${head.amendedAtMs} as the time of its last amendment, but its messages have ${latestMs}`;
  }
}

function* reactionFaults({ messages, reactions }: StoredAmendments): Generator<string> {
  const counts = new Map(
    messages.flatMap(({ seq, reactions: own = [] }) => own.map(({ emoji, count }) => [`${seq} ${emoji}`, count])),
  );
  for (const { seq, emoji, count } of reactions) {
    const counted = counts.get(`${seq} ${emoji}`) ?? 0;
    counts.delete(`${seq} ${emoji}`);
    if (counted === count) continue;
    yield `contract 6: message ${seq} counts ${counted} reactions ${emoji}, but ${count} users have set it`;
  }
  for (const [key, count] of counts) {
    const [seq, emoji] = key.split(' ');
    yield `contract 6: message ${seq} counts ${count} reactions ${emoji}, but no user has set it`;
  }
}

function* pinFaults({ messages, pins }: StoredAmendments): Generator<string> {
  const marked = new Set(messages.flatMap(({ seq, pinned }) => (pinned ? [seq] : [])));
  for (const { seq } of pins) {
    if (!marked.delete(seq)) yield `contract 6: message ${seq} is in the list of pins, but is not marked as pinned`;
  }
  for (const seq of marked) yield `contract 6: message ${seq} is marked as pinned, but is not in the list of pins`;
}

/** The commands of edits and deletions are known as long as the message shows them. */
function* recordFaults({ messages, records }: StoredAmendments): Generator<string> {
  const amended = new Map(messages.map((message) => [message.seq, message]));
  const revisions = new Set<number>();
  const found = { edit: new Set<number>(), delete: new Set<number>(), pin: new Set<number>() };
  for (const { seq, revision, kind } of records) {
    const message = amended.get(seq);
    const what = `contract 2: its amendment ${revision}, of kind ${kind}, of message ${seq}`;
    if (!Object.hasOwn(found, kind)) yield `${what} has an unknown kind`;
    else found[kind as keyof typeof found].add(seq);
    if (revisions.has(revision)) yield `${what} has the revision of another one`;
    revisions.add(revision);
    if (!message || revision < 1 || revision > (message.revision ?? 0)) {
      yield `${what} does not fit the message, whose revision is ${message?.revision ?? 0}`;
    } else if ((kind === 'delete') !== (message.deleted !== undefined && revision === message.revision)) {
      yield `${what} does not fit the message, which ${message.deleted ? 'was' : 'was not'} deleted by its last amendment`;
    } else if (kind === 'edit' && !message.deleted && message.editedAtMs === undefined) {
      yield `${what} does not fit the message, which was not edited`;
    }
  }
  for (const { seq, deleted, editedAtMs } of messages) {
    if (deleted && !found.delete.has(seq)) yield `contract 2: lacks the command by which message ${seq} was deleted`;
    if (editedAtMs !== undefined && !found.edit.has(seq)) {
      yield `contract 2: lacks the command by which message ${seq} was edited`;
    }
  }
}
