import type { OutgoingMessage } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { displayLine, shortLine } from './display-text.ts';
import { isShown } from './entry-lines.ts';
import { whereIs } from './notices.ts';

/** How many messages and amendments will still be sent when there is a connection. */
export function waitingCount({ client, amendments }: Pick<ChatSession, 'client' | 'amendments'>): number {
  const isWaiting = (message: OutgoingMessage) => message.status !== 'failed' && isShown(message);
  return client.unsent.filter(isWaiting).length + amendments.unsent.length;
}

/** Reports each message that fails, unless the screen shows it in the open conversation. */
export function reportFailedMessages(session: ChatSession, isOnScreen: boolean): void {
  const { client } = session;
  client.on('outbox', ({ conversationId, status, text, failure }) => {
    if (status !== 'failed' || (isOnScreen && session.open?.conversation.id === conversationId)) return;
    session.say(
      `Not sent to ${whereIs(client, conversationId)}: “${shortLine(text)}” (${displayLine(failure?.message ?? '')})`,
    );
  });
}
