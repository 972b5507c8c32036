import type { ParleyClient } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { displayLine, shortLine } from './display-text.ts';

/** How many messages will still be sent when there is a connection. */
export function waitingCount({ unsent }: ParleyClient): number {
  return unsent.filter(({ status }) => status !== 'failed').length;
}

/** Reports each message that fails, unless the screen shows it in the open conversation. */
export function reportFailedMessages(session: ChatSession, isOnScreen: boolean): void {
  const { client } = session;
  client.on('outbox', ({ conversationId, status, text, failure }) => {
    if (status !== 'failed' || (isOnScreen && session.open?.conversation.id === conversationId)) return;
    const conversation = client.conversations.get(conversationId);
    const where = conversation ? session.title(conversation) : 'a conversation that you are no longer in';
    session.say(`Not sent to ${where}: “${shortLine(text)}” (${displayLine(failure?.message ?? '')})`);
  });
}
