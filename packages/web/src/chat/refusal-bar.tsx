import { t } from '../strings/strings.ts';
import { RequestFailed } from './engine-link.ts';
import { failureText } from './failure-text.ts';
import { useChat, useChatItself } from './use-chat.ts';

/** Reports changes of messages that the server refused in conversations that are not shown, one at a time. */
export function RefusalBar() {
  const chat = useChatItself();
  const refused = useChat(({ refusals }) => refusals.first);
  return (
    // Screen readers announce what appears in an element that is always there.
    <div role="status">
      {refused && (
        <section className="offer-bar">
          <p>
            {t('changeRefused', {
              title: chat.titleOf(refused.conversationId),
              reason: failureText(new RequestFailed(refused.failure)),
            })}
          </p>
          <button type="button" className="button" onClick={() => chat.refusalSeen()}>
            {t('close')}
          </button>
        </section>
      )}
    </div>
  );
}
