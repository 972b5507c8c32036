import { useState } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { copyText } from './copy-text.ts';

/** Reports the messages that were refused because the user is no longer in their conversation, one at a time. */
export function UnsentBar() {
  const chat = useChatItself();
  const messages = useChat(({ outgoing, conversations }) => outgoing.failedOutside(conversations));
  const failed = messages.filter(({ status }) => status === 'failed');
  const [first] = failed;
  const [copiedFrom, setCopiedFrom] = useState<string | null>(null);
  if (!first) return null;
  const { conversationId } = first;
  const title = chat.titleOf(conversationId);
  const text = failed.map((message) => message.text).join('\n\n');
  const copy = () => copyText(text).then(() => setCopiedFrom(conversationId), reportError);
  const discard = () => {
    for (const { clientMessageId } of failed) chat.request('discard', clientMessageId).catch(reportError);
  };
  return (
    <section className="offer-bar" role="status">
      <p>{t('notSentCount', { count: failed.length, title })}</p>
      <button type="button" className="button" onClick={copy}>
        {t(copiedFrom === conversationId ? 'copied' : 'copy')}
      </button>
      <button type="button" className="button" onClick={discard}>
        {t('discard')}
      </button>
    </section>
  );
}
