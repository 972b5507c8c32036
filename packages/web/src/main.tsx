import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Chat } from './chat/chat.ts';
import { ChatContext } from './chat/use-chat.ts';
import { dropLostMessages } from './composer/drafts.ts';
import { FaultBoundary } from './faults/fault-boundary.tsx';
import { withholdComposingKeys } from './keys/composing-keys.ts';
import { keepFocus } from './keys/keep-focus.ts';
import { applyPreferences, followOtherTabs } from './preferences/preferences.ts';

// The person is back from signing in at a proxy.
if (new URLSearchParams(location.search).has('sign-in'))
  history.replaceState(null, '', location.pathname + location.hash);
followOtherTabs();
withholdComposingKeys();
keepFocus();
const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
const chat: Chat = new Chat((conversationId, keptSeq) => {
  if (chat.account) dropLostMessages(chat.account.id, conversationId, keptSeq);
});
void applyPreferences().then(() =>
  createRoot(root).render(
    <ChatContext value={chat}>
      <FaultBoundary>
        <App />
      </FaultBoundary>
    </ChatContext>,
  ),
);
// Lets the page open without the server. Some browsers, and pages without TLS, have no service workers.
navigator.serviceWorker?.register('/service-worker.js').catch(reportError);
