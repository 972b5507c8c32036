import { shownName } from '@parley/protocol';
import type { Entry } from '@parley/sdk';
import { clockTime, displayLine, displayText } from './display-text.ts';

/** What is shown of one entry. */
export interface ShownEntry {
  /** Stays the same for a message from being written to having its number. */
  key: string;
  time: string;
  /** Who wrote it; null for a notice. */
  author: string | null;
  text: string;
  state: 'queued' | 'sending' | 'sent' | 'failed';
}

/** The people whose names an entry shows. */
export function peopleIn(entry: Entry): string[] {
  if ('userIds' in entry) return [entry.senderId, ...entry.userIds];
  return 'userId' in entry ? [entry.senderId, entry.userId] : [entry.senderId];
}

/** An entry in words. */
export function shownEntry(entry: Entry, name: (userId: string) => string): ShownEntry {
  const time = clockTime(entry.atMs);
  const state = 'sent';
  if (entry.kind === 'message') {
    const author = displayLine(name(entry.senderId));
    return { key: entry.clientMessageId, time, author, text: displayText(entry.text), state };
  }
  return { key: `notice ${entry.seq}`, time, author: null, text: displayLine(notice(entry, name)), state };
}

function notice(entry: Exclude<Entry, { kind: 'message' }>, name: (userId: string) => string): string {
  const actor = name(entry.senderId);
  switch (entry.kind) {
    case 'created':
      return entry.conversationKind === 'direct'
        ? `${actor} opened this chat`
        : `${actor} made this ${entry.conversationKind}`;
    case 'joined':
      return `${actor} joined`;
    case 'left':
      return `${actor} left`;
    case 'added':
      return `${actor} added ${entry.userIds.map(name).join(', ')}`;
    case 'removed':
      return `${actor} removed ${name(entry.userId)}`;
    case 'role':
      return `${actor} made ${name(entry.userId)} ${entry.role}`;
    case 'updated':
      return `${actor} changed ${changes(entry)}`;
    case 'later':
      return `${actor} did something that a newer version of Parley shows`;
  }
}

function changes(entry: Extract<Entry, { kind: 'updated' }>): string {
  return [
    ...(entry.name === undefined ? [] : [`the name to “${shownName(entry.name, 'Conversation')}”`]),
    ...(entry.description === undefined ? [] : ['the description']),
    ...(entry.announceOnly === undefined
      ? []
      : [entry.announceOnly ? 'to announcements only' : 'to writing by everybody']),
  ].join(' and ');
}
