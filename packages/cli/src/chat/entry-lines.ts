import { shownName } from '@parley/protocol';
import type { Entry } from '@parley/sdk';
import { clockTime, displayLine, displayText } from './display-text.ts';

/** One entry as it is shown. */
export interface ShownEntry {
  /** The same for a message before and after it has a number. */
  key: string;
  time: string;
  /** The author's name; null for a notice. */
  author: string | null;
  text: string;
  state: 'queued' | 'sending' | 'sent' | 'failed';
}

/** The users whose names an entry shows. */
export function peopleIn(entry: Entry): string[] {
  if ('userIds' in entry) return [entry.senderId, ...entry.userIds];
  return 'userId' in entry ? [entry.senderId, entry.userId] : [entry.senderId];
}

/** An entry as text. */
export function shownEntry(entry: Entry, name: (userId: string) => string): ShownEntry {
  const time = clockTime(entry.atMs);
  const state = 'sent';
  if (entry.kind === 'message') {
    const author = displayLine(name(entry.senderId));
    return { key: entry.clientMessageId, time, author, text: displayText(entry.text), state };
  }
  return { key: `notice ${entry.seq}`, time, author: null, text: displayLine(notice(entry, name)), state };
}

type Notice = Exclude<Entry, { kind: 'message' }>;
type NoticeText<Kind extends Notice['kind']> = (
  entry: Extract<Notice, { kind: Kind }>,
  name: (userId: string) => string,
) => string;

/** What follows the sender's name in the notice of each kind. */
const noticeTexts: { [Kind in Notice['kind']]: NoticeText<Kind> } = {
  created: ({ conversationKind }) =>
    conversationKind === 'direct' ? 'opened this chat' : `made this ${conversationKind}`,
  joined: () => 'joined',
  left: () => 'left',
  added: ({ userIds }, name) => `added ${userIds.map(name).join(', ')}`,
  removed: ({ userId }, name) => `removed ${name(userId)}`,
  role: ({ userId, role }, name) => `made ${name(userId)} ${role}`,
  updated: (entry) => `changed ${changes(entry)}`,
  later: () => 'did something that needs a newer version of Parley to show',
};

function notice(entry: Notice, name: (userId: string) => string): string {
  // Each function takes the entries of its own kind.
  const text = noticeTexts[entry.kind] as NoticeText<Notice['kind']>;
  return `${name(entry.senderId)} ${text(entry as never, name)}`;
}

function changes(entry: Extract<Entry, { kind: 'updated' }>): string {
  return [
    ...(entry.name === undefined ? [] : [`the name to “${shownName(entry.name, 'Conversation')}”`]),
    ...(entry.description === undefined ? [] : ['the description']),
    ...(entry.announceOnly === undefined
      ? []
      : [entry.announceOnly ? 'writing to owners and admins only' : 'writing to all members']),
  ].join(' and ');
}
