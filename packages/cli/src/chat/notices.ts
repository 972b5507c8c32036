import { markedName } from '@parley/protocol';
import type { ParleyClient } from '@parley/sdk';
import { displayLine } from './display-text.ts';

/** Each line fits on a small screen. */
export const restoredNotices = [
  'The server was restored from a backup.',
  'Messages since that backup are lost.',
  'Your unsent messages are kept.',
];
const lostNotices = ['The server was restored from a backup.', 'Your session was lost with it: log in again.'];

/** Unsent messages are only in the memory of this process. */
export function endedNotices(isLost: boolean, unsentCount: number): string[] {
  const unsent = unsentCount === 0 ? [] : [`Unsent messages, which are lost when you quit: ${unsentCount}.`];
  return isLost ? [...lostNotices, ...unsent] : unsent;
}

/** The answer to what needs an open conversation. */
export const nothingOpen = 'No conversation is open. /open NAME opens one.';

/** A conversation in a sentence. */
export function whereIs({ conversations }: ParleyClient, conversationId: string): string {
  const conversation = conversations.get(conversationId);
  return conversation ? displayLine(markedName(conversation.title, 'en')) : 'a conversation that you are no longer in';
}
