import { markedName, shownName } from '@parley/protocol';
import type { Entry, MessageEntry, OutgoingMessage } from '@parley/sdk';
import { clockTime, displayLine, displayText, shortLine } from './display-text.ts';

/** One entry as it is shown. */
export interface ShownEntry {
  /** The same for a message before and after it has a number. */
  key: string;
  time: string;
  /** The author's name; null for a notice. */
  author: string | null;
  text: string;
  /** The message that this one replies to, in one line. */
  quote?: string;
  /** When the message was edited. */
  edited?: string;
  /** The reactions, and who pinned the message. */
  marks?: string;
  /** Whether the text only says that the message was deleted. */
  isDeleted?: true;
  /** Why the message was refused; otherwise empty. */
  failure: string;
  state: 'queued' | 'sending' | 'sent' | 'failed';
}

type Name = (userId: string) => string;

/** The users whose names an entry shows. */
export function peopleIn(entry: Entry): string[] {
  if (entry.kind === 'message') {
    return [entry.senderId, entry.deleted?.byId, entry.pinned?.byId].filter((userId) => userId !== undefined);
  }
  if ('userIds' in entry) return [entry.senderId, ...entry.userIds];
  return 'userId' in entry ? [entry.senderId, entry.userId] : [entry.senderId];
}

/** An entry as text. `quote`: the line for the message that it replies to. */
export function shownEntry(entry: Entry, name: Name, quote = ''): ShownEntry {
  const time = clockTime(entry.atMs);
  const rest = { failure: '', state: 'sent' } as const;
  if (entry.kind === 'message') {
    const author = displayLine(name(entry.senderId));
    return { key: entry.clientMessageId, time, author, ...messageText(entry, name, quote), ...rest };
  }
  return { key: `notice ${entry.seq}`, time, author: null, text: displayLine(notice(entry, name)), ...rest };
}

function messageText(
  entry: MessageEntry,
  name: Name,
  quote: string,
): Omit<ShownEntry, 'key' | 'time' | 'author' | 'failure' | 'state'> {
  if (entry.deleted) return { text: deletedLine(entry, name), isDeleted: true };
  const marks = [
    ...(entry.pinned ? [`pinned by ${displayLine(name(entry.pinned.byId))}`] : []),
    ...(entry.reactions ?? []).map(reactionText),
  ].join('  ');
  return {
    text: displayText(entry.text),
    ...(quote !== '' && { quote }),
    ...(entry.editedAtMs !== undefined && { edited: `edited ${clockTime(entry.editedAtMs)}` }),
    ...(marks !== '' && { marks }),
  };
}

/** The user's own reactions are in brackets. */
function reactionText({ emoji, count, mine }: NonNullable<MessageEntry['reactions']>[number]): string {
  const text = `${displayLine(emoji)} ${count}`;
  return mine ? `[${text}]` : text;
}

function deletedLine({ deleted, senderId }: MessageEntry, name: Name): string {
  return deleted && deleted.byId !== senderId ? `deleted by ${displayLine(name(deleted.byId))}` : 'deleted';
}

/** Replies that quote a message which is not loaded, or which the user may not see. */
const unknownQuote = 'an earlier message';

/** A message in one line, in its present state: above a reply to it, and where a command names it. */
export function quoteLine(message: MessageEntry | undefined, name: Name): string {
  if (!message) return unknownQuote;
  const text = message.deleted ? deletedLine(message, name) : `“${shortLine(message.text)}”`;
  return `${displayLine(name(message.senderId))}: ${text}`;
}

/** Whether a message in the outbox is shown: not one that the user has deleted, unless it can't be sent. */
export function isShown({ isDeleted, status }: Pick<OutgoingMessage, 'isDeleted' | 'status'>): boolean {
  return !isDeleted || status === 'failed';
}

/** A message in the outbox. */
export function shownOutgoing(message: OutgoingMessage, author: string, quote: string): ShownEntry {
  return {
    key: message.clientMessageId,
    time: clockTime(message.createdAtMs),
    author: displayLine(author),
    text: displayText(message.text),
    ...(quote !== '' && { quote }),
    failure: displayLine(message.failure?.message ?? ''),
    state: message.status,
  };
}

/** An entry for output in lines. Further lines of its text are indented. */
export function printedEntry(entry: ShownEntry, where: string): string {
  const { time, author, text, quote, edited, marks, isDeleted } = entry;
  const body = isDeleted ? `(${text})` : text.replaceAll('\n', '\n    ');
  const before = quote === undefined ? '' : `(reply to ${quote}) `;
  const after = [edited && ` (${edited})`, marks && `  ${marks}`].join('');
  return `${time} ${where}${author === null ? '—' : `${author}:`} ${before}${body}${after}`;
}

type Notice = Exclude<Entry, { kind: 'message' }>;
type NoticeText<Kind extends Notice['kind']> = (entry: Extract<Notice, { kind: Kind }>, name: Name) => string;

/** What follows the sender's name in the notice of each kind. */
const noticeTexts: { [Kind in Notice['kind']]: NoticeText<Kind> } = {
  created: ({ conversationKind }) =>
    conversationKind === 'direct' ? 'opened this chat' : `made this ${conversationKind}`,
  joined: () => 'joined',
  left: () => 'left',
  added: ({ userIds }, name) => `added ${userIds.map(name).join(', ')}`,
  removed: ({ userId }, name) => `removed ${name(userId)}`,
  banned: ({ userId }, name) => `banned ${name(userId)}`,
  unbanned: ({ userId }, name) => `lifted the ban of ${name(userId)}`,
  role: ({ userId, role }, name) => `made ${name(userId)} ${role}`,
  updated: (entry) => `changed ${changes(entry)}`,
  later: () => 'did something that needs a newer version of Parley to show',
};

function notice(entry: Notice, name: Name): string {
  // Each function takes the entries of its own kind.
  const text = noticeTexts[entry.kind] as NoticeText<Notice['kind']>;
  return `${name(entry.senderId)} ${text(entry as never, name)}`;
}

function changes(entry: Extract<Entry, { kind: 'updated' }>): string {
  return [
    ...(entry.name === undefined ? [] : [`the name to “${markedName(shownName(entry.name, 'Conversation'), 'en')}”`]),
    ...(entry.description === undefined ? [] : ['the description']),
    ...(entry.announceOnly === undefined
      ? []
      : [entry.announceOnly ? 'writing to owners and admins only' : 'writing to all members']),
  ].join(' and ');
}
