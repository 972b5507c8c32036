import { amendmentRefusal, type ErrorCode, isEmoji, limits, type MessageChange } from '@parley/protocol';
import type { MessageEntry, OutgoingMessage } from '@parley/sdk';
import type { Target } from './amendments.ts';
import type { ChatSession } from './chat-session.ts';
import { displayLine } from './display-text.ts';
import { isShown, printedEntry, quoteLine } from './entry-lines.ts';
import { reactionPages, sayPages } from './listing.ts';

const feature = 'amendments';

const edit: MessageChange = { kind: 'edit', text: '' };
const remove: MessageChange = { kind: 'delete' };

const refusals: Partial<Record<ErrorCode, string>> = {
  forbidden: 'Only owners and admins pin messages here.',
  too_many_reactions: `This message has ${limits.reactionsPerMessage} different reactions, and can have no more.`,
};

/** Begins to edit the newest own message that contains the text. */
export function beginEdit(session: ChatSession, text: string): void {
  const target = found(session, text, 'edit', (each) => refusalOf(session, each, edit) === null);
  begin(session, 'edit', target);
}

/** Begins to edit the newest own message. Returns false if there is none, or the server does not offer it. */
export function beginEditOfLast(session: ChatSession): boolean {
  if (!session.open || !isOffered(session)) return false;
  const target = targets(session).findLast((each) => refusalOf(session, each, edit) === null);
  if (target) begin(session, 'edit', target);
  return target !== undefined;
}

export function beginReply(session: ChatSession, text: string): void {
  begin(
    session,
    'reply',
    found(session, text, 'reply to', (each) => 'seq' in each),
  );
}

export function beginDelete(session: ChatSession, text: string): void {
  const target = found(session, text, 'delete', (each) => refusalOf(session, each, remove) === null);
  begin(session, 'delete', target);
  session.say(`Delete ${labelOf(session, target)}? /confirm deletes it, /cancel keeps it.`);
}

export function confirm(session: ChatSession): void {
  const { conversation } = session.opened;
  if (session.amendments.begun?.kind !== 'delete') throw new Error('There is nothing to confirm. /delete TEXT begins.');
  const target = session.amendments.cancel()?.target;
  if (target) session.amendments.add(target, conversation.message(target).delete(), 'Not deleted');
}

export function cancel(session: ChatSession): void {
  if (!session.amendments.cancel()) throw new Error('There is nothing to cancel.');
}

/** Sets the user's reaction, or removes it if it is set. */
export function react(session: ChatSession, argument: string): void {
  const [, emoji = '', text = ''] = /^(\S*)\s*([\s\S]*)$/.exec(argument) ?? [];
  if (!isEmoji(emoji)) throw new Error(`“${emoji}” is not exactly one emoji, as in /react 👍 TEXT.`);
  const target = found(session, text, 'react to');
  const isSet = 'seq' in target && target.reactions?.some((each) => each.emoji === emoji && each.mine);
  const change = { kind: 'react', emoji, set: !isSet } as const;
  allow(session, target, change);
  const amending = session.opened.conversation.message(target).react(emoji, change.set);
  session.amendments.add(target, amending, change.set ? 'No reaction' : 'Reaction not removed');
}

/** Pins a message, or unpins it. */
export function pin(session: ChatSession, text: string): void {
  const target = found(session, text, 'pin');
  const set = !('seq' in target && target.pinned);
  allow(session, target, { kind: 'pin', set });
  session.amendments.add(
    target,
    session.opened.conversation.message(target).pin(set),
    set ? 'Not pinned' : 'Not unpinned',
  );
}

export async function pins(session: ChatSession): Promise<void> {
  const { conversation } = session.opened;
  requireFeature(session);
  const entries = await conversation.pins();
  await session.client.people.find(
    entries.flatMap(({ senderId, pinned }) => [senderId, ...(pinned ? [pinned.byId] : [])]),
  );
  for (const entry of entries) session.say(printedEntry(session.shownEntries.shown(entry), ''));
  if (entries.length === 0) session.say('No message is pinned here.');
}

/** Lists who reacted to a message, by emoji. */
export async function reactions(session: ChatSession, text: string): Promise<void> {
  const target = found(session, text, 'see reactions of', (each) => 'seq' in each && each.reactions !== undefined);
  if ('seq' in target) await sayPages(session, reactionPages(session, target));
}

function begin(session: ChatSession, kind: 'edit' | 'reply' | 'delete', target: Target): void {
  session.amendments.begin({ kind, target, label: labelOf(session, target) });
}

/** The newest loaded message that contains the text and that fits. */
function found(
  session: ChatSession,
  text: string,
  verb: string,
  fits: (target: Target) => boolean = () => true,
): Target {
  requireFeature(session);
  const isFound = (target: Target) => target.text.includes(text) && !isDeleted(target) && fits(target);
  const target = targets(session).findLast(isFound);
  if (target) return target;
  const which = text === '' ? 'There is no message here' : `No message loaded here contains “${displayLine(text)}”`;
  throw new Error(`${which} that you can ${verb}.`);
}

/** The loaded messages of the open conversation and those in its outbox, oldest first. */
function targets(session: ChatSession): Target[] {
  const { conversation, entries } = session.opened;
  const sent = entries.filter((entry) => entry.kind === 'message');
  const ids = new Set(sent.map(({ clientMessageId }) => clientMessageId));
  return [...sent, ...conversation.outbox.filter((each) => isShown(each) && !ids.has(each.clientMessageId))];
}

function isDeleted(target: Target): boolean {
  return 'seq' in target && target.deleted !== undefined;
}

function allow(session: ChatSession, target: Target, change: MessageChange): void {
  const refusal = refusalOf(session, target, change);
  if (refusal) throw new Error(refusals[refusal] ?? `The server would refuse this: ${refusal}.`);
}

/** Why the server would refuse the change; null if it is allowed, as far as the client knows. */
function refusalOf({ client, opened }: ChatSession, target: Target, change: MessageChange): ErrorCode | null {
  const { kind, announceOnly, membership } = opened.conversation.data;
  const userId = client.account?.id ?? '';
  return amendmentRefusal('seq' in target ? target : sentEntry(target, userId), change, {
    userId,
    role: membership?.role ?? 'member',
    visibleFromSeq: opened.visibleFromSeq,
    conversationKind: kind,
    announceOnly,
  });
}

/** The entry that a message in the outbox becomes. */
function sentEntry(
  { conversationId, clientMessageId, text, createdAtMs }: OutgoingMessage,
  senderId: string,
): MessageEntry {
  const seq = Number.MAX_SAFE_INTEGER;
  return {
    kind: 'message',
    conversationId,
    clientMessageId,
    text,
    senderId,
    seq,
    messageCount: seq,
    atMs: createdAtMs,
  };
}

function isOffered({ client }: ChatSession): boolean {
  return client.serverFeatures.includes(feature);
}

function requireFeature(session: ChatSession): void {
  if (isOffered(session)) return;
  throw new Error('This server does not offer edits, deletions, replies, reactions and pins.');
}

function labelOf(session: ChatSession, target: Target): string {
  const { client, people } = session;
  const message = 'seq' in target ? target : sentEntry(target, client.account?.id ?? '');
  return quoteLine(message, (userId) => people.name(userId));
}
