import { Suspense, useEffect, useState } from 'react';
import { Route, Switch, useLocation, useRoute } from 'wouter';
import { ConnectionBar } from './chat/connection-bar.tsx';
import { InterceptedBar } from './chat/intercepted-bar.tsx';
import { RefusalBar } from './chat/refusal-bar.tsx';
import { RestoredBar } from './chat/restored-bar.tsx';
import { StorageBar } from './chat/storage-bar.tsx';
import { useChat } from './chat/use-chat.ts';
import { VersionBar } from './chat/version-bar.tsx';
import { useSendAllAgain } from './composer/use-send.ts';
import { UnsentBar } from './conversation/unsent-bar.tsx';
import { ConversationList } from './conversation-list/conversation-list.tsx';
import { Start } from './conversation-list/start.tsx';
import type { NewKind } from './dialogs/new-conversation.tsx';
import { FaultBoundary } from './faults/fault-boundary.tsx';
import { laterPart } from './faults/later-part.ts';
import { Overlay } from './faults/overlay.tsx';
import { useAttention } from './notifications/attention.ts';
import { OfferBar } from './notifications/offer-bar.tsx';
import { UnreadTitle } from './notifications/unread-title.tsx';
import { useNotifications } from './notifications/use-notifications.ts';
import { useShownLanguage } from './preferences/preferences.ts';
import { useAccountData } from './session/use-account-data.ts';
import { t } from './strings/strings.ts';
import { useAlone } from './style/use-room.ts';

const ConversationView = laterPart(() => import('./conversation/conversation-view.tsx'));
const Welcome = laterPart(() => import('./session/welcome.tsx'));
const QuickSwitcher = laterPart(() => import('./dialogs/quick-switcher.tsx'));
const NewConversation = laterPart(() => import('./dialogs/new-conversation.tsx'));
const SettingsView = laterPart(() => import('./settings/settings-view.tsx'));
const ChannelsView = laterPart(() => import('./channels/channels-view.tsx'));

export function App() {
  const language = useShownLanguage();
  const isReady = useChat((chat) => chat.isReady);
  const account = useChat((chat) => chat.account);
  const lostAccountId = useChat((chat) => chat.lostAccountId);
  const wasRevoked = useChat((chat) => chat.wasRevoked);
  const isAccountKnown = useChat((chat) => chat.isReady && !chat.isAccountUnknown);
  useAccountData({ isAccountKnown, accountId: account?.id ?? null, lostAccountId, wasRevoked });
  if (!isReady) {
    return (
      <>
        <VersionBar />
        <p className="opening" role="status">
          {t('loading')}
        </p>
      </>
    );
  }
  return (
    <>
      <UnreadTitle />
      {/* A new key renders everything again in the new language. */}
      <Suspense fallback={null}>
        {account ? <Shell key={language} accountId={account.id} /> : <Welcome key={language} />}
      </Suspense>
    </>
  );
}

/** What the person has to know, whatever is open. */
function Bars() {
  return (
    <div className="bars">
      <InterceptedBar />
      <ConnectionBar />
      <RestoredBar />
      <StorageBar />
      <UnsentBar />
      <RefusalBar />
      <VersionBar />
      <OfferBar />
    </div>
  );
}

function Shell({ accountId }: { accountId: string }) {
  const [location, navigate] = useLocation();
  const [isConversation, params] = useRoute('/c/:id/:number?');
  const [isHome] = useRoute('/');
  const [isSwitching, setSwitching] = useState(false);
  const [creating, setCreating] = useState<NewKind | null>(null);
  const isListAlone = useAlone('list') && isHome;
  const conversationId = isConversation ? params.id : null;
  useAttention(conversationId);
  useNotifications();
  useSendAllAgain(accountId);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      // Not over another dialog, whose contents would be lost.
      setSwitching((isOpen) => !isOpen && document.querySelector('[role="dialog"]') === null);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const start = <Start onNew={setCreating} onChannels={() => navigate('/channels')} />;
  return (
    <div className={isHome ? 'shell shell-at-list' : 'shell'}>
      <Bars />
      {/* The list is the main landmark when it is the only thing on the page. */}
      <div className="sidebar-place" role={isListAlone ? 'main' : undefined}>
        <ConversationList
          current={conversationId}
          isAlone={isListAlone}
          onNew={() => setCreating('person')}
          onJump={() => setSwitching(true)}
          start={start}
        />
      </div>
      <main className="pane">
        <FaultBoundary key={conversationId ?? location}>
          <Suspense fallback={null}>
            <Switch>
              <Route path="/c/:id/:number?">
                {({ id, number }) => <ConversationView key={id} conversationId={id} number={number} />}
              </Route>
              <Route path="/settings">
                <SettingsView />
              </Route>
              <Route path="/channels">
                <ChannelsView onCreate={() => setCreating('channel')} />
              </Route>
              <Route>{!isListAlone && start}</Route>
            </Switch>
          </Suspense>
        </FaultBoundary>
      </main>
      <Overlay onClose={() => setSwitching(false)}>
        {isSwitching && <QuickSwitcher onClose={() => setSwitching(false)} />}
      </Overlay>
      <Overlay key={creating} onClose={() => setCreating(null)}>
        {creating && <NewConversation kind={creating} onClose={() => setCreating(null)} />}
      </Overlay>
    </div>
  );
}
