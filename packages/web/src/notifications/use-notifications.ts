import { cutText } from '@parley/protocol/graphemes';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { Notice } from '../chat/chat.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { preferences } from '../preferences/preferences.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { playSound } from './sound.ts';

/** Every operating system cuts longer texts. */
const bodyMax = 300;

const open = new Set<Notification>();

/** Closes all notifications, when the account that they belong to leaves this browser. */
export async function closeNotifications(): Promise<void> {
  for (const notification of open) notification.close();
  open.clear();
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const notification of (await worker?.getNotifications()) ?? []) notification.close();
}

/** Notifies the person of messages that no tab shows. The engine chooses one tab to do so. */
export function useNotifications(): void {
  const chat = useChatItself();
  const [, navigate] = useLocation();
  useEffect(
    () =>
      chat.onNotice((notice) => {
        const { muted, sound, notifications } = preferences();
        if (muted.includes(notice.conversation.id)) return;
        if (sound) playSound();
        if (!notifications || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
        const sender = chat.nameOf(notice.entry.senderId) ?? t('unknownPerson');
        show(notice, sender, () => navigate(`/c/${notice.conversation.id}`));
      }),
    [chat, navigate],
  );
}

function show({ entry, conversation }: Notice, sender: string, goThere: () => void): void {
  const text = cutText(entry.text, bodyMax);
  const options: NotificationOptions = {
    body: conversation.kind === 'direct' ? text : `\u2068${sender}\u2069: ${text}`,
    dir: 'auto',
    icon: '/icon.svg',
    // The next notification of the same conversation replaces this one.
    tag: conversation.id,
    silent: true,
    data: { path: `/c/${conversation.id}` },
  };
  try {
    const notification = new Notification(titleOf(conversation), options);
    open.add(notification);
    notification.onclose = () => open.delete(notification);
    notification.onclick = () => {
      window.focus();
      goThere();
      notification.close();
    };
  } catch {
    // Browsers on phones show notifications only through the service worker.
    navigator.serviceWorker?.ready.then(
      (worker) => worker.showNotification(titleOf(conversation), options),
      reportError,
    );
  }
}
