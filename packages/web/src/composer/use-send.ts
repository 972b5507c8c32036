import { useEffect, useState } from 'react';
import type { Chat } from '../chat/chat.ts';
import { failureText } from '../chat/failure-text.ts';
import { randomId } from '../chat/random-id.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { offerNotifications } from '../notifications/offer.ts';
import { conversationsWithUnkept, draftKey, drafts } from './drafts.ts';

/** Sends drafts of a conversation. A draft that was not stored for sending is put back, and `failure` says why. */
export function useSendDraft(conversationId: string, key: string, onSent: () => void) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const sendDraft = async (text: string) => {
    const clientMessageId = randomId();
    const replyTo = drafts.replyTo(key);
    drafts.take(key, clientMessageId);
    setFailure('');
    onSent();
    try {
      await chat.request('send', conversationId, text, clientMessageId, replyTo);
      drafts.kept(key, clientMessageId);
      offerNotifications();
    } catch (error) {
      drafts.giveBack(key, clientMessageId);
      setFailure(failureText(error));
    }
  };
  return { sendDraft, failure };
}

/** Sends what tabs of any conversation were sending when the browser was closed. */
export function useSendAllAgain(accountId: string): void {
  const chat = useChatItself();
  useEffect(() => {
    for (const conversationId of conversationsWithUnkept(accountId)) {
      sendAgain(chat, conversationId, draftKey(accountId, conversationId));
    }
  }, [chat, accountId]);
}

/** Sends what another tab of this conversation was sending when it was closed. */
export function useSendAgain(conversationId: string, key: string): void {
  const chat = useChatItself();
  useEffect(() => sendAgain(chat, conversationId, key), [chat, conversationId, key]);
}

/** The same id makes this safe if the tab that was closed stored the message. What can't be sent is a draft again. */
function sendAgain(chat: Chat, conversationId: string, key: string): void {
  for (const { text, replyTo, clientMessageId } of drafts.unkept(key)) {
    chat.request('send', conversationId, text, clientMessageId, replyTo).then(
      () => drafts.kept(key, clientMessageId),
      (error: unknown) => {
        drafts.giveBack(key, clientMessageId);
        reportError(error);
      },
    );
  }
}
