import { entryNumber, type MessageLink, markedName, messageLink, shownName } from '@parley/protocol';
import { type Conversation, ParleyError } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { displayLine } from './display-text.ts';
import { peopleIn, printedEntry } from './entry-lines.ts';

/** Opens the conversation of a link, and shows the entry that the link leads to. */
export async function openLink(session: ChatSession, link: MessageLink): Promise<void> {
  if (originOf(link.server) !== originOf(session.server)) {
    throw new Error(`This is a link of another server, ${link.server}.`);
  }
  const conversation = session.client.conversations.get(link.conversationId);
  if (!conversation) throw new Error(await reasonFor(session, link.conversationId));
  await session.show(conversation);
  if (link.number !== undefined) session.say(await entryLine(session, conversation, entryNumber(link.number)));
}

/** Shows the link of the newest loaded message that contains a text. */
export function showLink(session: ChatSession, text: string): void {
  const { conversation, entries } = session.opened;
  const found = entries.findLast((entry) => entry.kind === 'message' && entry.text.includes(text));
  if (!found) throw new Error(text === '' ? 'There is no message here.' : `No message shown here contains “${text}”.`);
  session.say(messageLink(originOf(session.server), conversation.id, found.seq));
}

async function entryLine(session: ChatSession, conversation: Conversation, seq: number | null): Promise<string> {
  const page = seq === null ? null : await conversation.history({ around: seq, limit: 1 });
  const entry = page?.entries.find((each) => each.seq === seq);
  if (entry) {
    // Without a connection, names that are not known are shown as ids, as everywhere.
    await session.client.people.find(peopleIn(entry));
    return printedEntry(session.shownEntries.shown(entry), '');
  }
  return page?.source === 'store'
    ? 'This message can only be shown with a connection.'
    : 'There is no such message here, or you may not see it.';
}

/** Why a conversation can't be opened: a public channel can be joined; every other one looks as if it did not exist. */
async function reasonFor({ client }: ChatSession, conversationId: string): Promise<string> {
  try {
    const { name } = await client.call('getConversation', { conversationId });
    const title = displayLine(shownName(name ?? '', 'Conversation'));
    return `You are not in the channel ${markedName(title, 'en')}. /join ${title} joins it.`;
  } catch (error) {
    if (error instanceof ParleyError && ['not_found', 'invalid_request'].includes(error.code)) {
      return 'This conversation is not one of yours: it was closed, you left it, or the link is wrong.';
    }
    throw error;
  }
}

function originOf(address: string): string {
  return new URL(address).origin;
}
