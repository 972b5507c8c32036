import { useEffect, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { randomId } from '../chat/random-id.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { offerNotifications } from '../notifications/offer.ts';
import { drafts } from './drafts.ts';

/** Sends drafts of a conversation. A draft that was not stored for sending is put back, and `failure` says why. */
export function useSendDraft(conversationId: string, key: string, onSent: () => void) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const sendDraft = async (text: string) => {
    const clientMessageId = randomId();
    drafts.take(key, clientMessageId);
    setFailure('');
    onSent();
    try {
      await chat.request('send', conversationId, text, clientMessageId);
      drafts.kept(key, clientMessageId);
      offerNotifications();
    } catch (error) {
      drafts.giveBack(key, clientMessageId);
      setFailure(failureText(error));
    }
  };
  return { sendDraft, failure };
}

/** Sends what a tab was sending when it was closed. The same id makes this safe if that tab stored the message. */
export function useSendAgain(conversationId: string, key: string): void {
  const chat = useChatItself();
  useEffect(() => {
    for (const { text, clientMessageId } of drafts.unkept(key)) {
      chat.request('send', conversationId, text, clientMessageId).then(
        () => drafts.kept(key, clientMessageId),
        // The next tab that opens the conversation tries again.
        reportError,
      );
    }
  }, [chat, conversationId, key]);
}
