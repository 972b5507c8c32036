import type { ChatSession } from './chat-session.ts';
import { displayLine } from './display-text.ts';
import { printedEntry } from './entry-lines.ts';

/** Marks the newest loaded message that contains the text, and those after it, as unread. */
export async function markUnread(session: ChatSession, text: string): Promise<void> {
  const open = session.opened;
  const { conversation, entries } = open;
  const joinedSeq = conversation.data.membership?.joinedSeq ?? 0;
  const found = entries.findLast(
    (entry) => entry.kind === 'message' && entry.seq > joinedSeq && !entry.deleted && entry.text.includes(text),
  );
  if (!found) {
    const which = text === '' ? 'There is no message here' : `No message loaded here contains “${displayLine(text)}”`;
    throw new Error(`${which} that you can mark as unread.`);
  }
  await conversation.markUnread(found.seq);
  open.wasLive = true;
  session.say(
    `Unread until you open the conversation again or write: ${printedEntry(session.shownEntries.shown(found), '')}`,
  );
}
