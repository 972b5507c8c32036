import type { MessageEntry } from '@parley/protocol';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { Chat } from '../chat/chat.ts';
import type { Notice } from '../chat/notice.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { preferences } from '../preferences/preferences.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { playSound } from './sound.ts';

/** Every operating system cuts longer texts. */
const bodyMax = 300;

/** The notifications of this page by the conversation, which has one at a time. */
const open = new Map<string, Notification>();

/** The message that a notification shows. */
interface NotificationData {
  conversationId: string;
  seq: number;
  /** The address that a click opens. */
  path: string;
}

/** Closes all notifications, because the account that they belong to leaves this browser. */
export async function closeNotifications(): Promise<void> {
  for await (const notification of shownNotifications()) close(notification);
}

/** Notifies the person of messages that no tab shows. The engine chooses one tab to do so. */
export function useNotifications(): void {
  const chat = useChatItself();
  const [, navigate] = useLocation();
  useEffect(() => {
    const goTo = (conversationId: string) => navigate(`/c/${conversationId}`);
    return chat.onNotice({
      notify(notice) {
        const { muted, sound, notifications } = preferences();
        if (muted.includes(notice.conversation.id)) return;
        if (sound) playSound();
        if (!notifications || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
        show(notice, chat, goTo);
      },
      reword(conversationId, messages) {
        reword(conversationId, messages, chat, goTo).catch(reportError);
      },
    });
  }, [chat, navigate]);
}

/** The notifications that the browser shows of this page, and of earlier pages through the service worker. */
async function* shownNotifications(): AsyncGenerator<Notification> {
  yield* [...open.values()];
  const worker = await navigator.serviceWorker?.getRegistration();
  yield* (await worker?.getNotifications()) ?? [];
}

/** Closes notifications of deleted messages, and replaces the text in those of edited ones, without a sound. */
async function reword(
  conversationId: string,
  messages: readonly MessageEntry[] | null,
  chat: Chat,
  goTo: (conversationId: string) => void,
): Promise<void> {
  for await (const notification of shownNotifications()) {
    const data = notification.data as NotificationData;
    if (data.conversationId !== conversationId) continue;
    const message = messages?.find(({ seq }) => seq === data.seq);
    const conversation = chat.conversations.get(conversationId);
    if (!messages || message?.deleted) close(notification);
    else if (message && conversation) {
      const notice = { entry: message, conversation };
      if (bodyOf(notice, chat) !== notification.body) show(notice, chat, goTo);
    }
  }
}

function close(notification: Notification): void {
  notification.close();
  forget(notification);
}

function forget(notification: Notification): void {
  const { conversationId } = notification.data as NotificationData;
  // It may have been replaced by another one of the conversation.
  if (open.get(conversationId) === notification) open.delete(conversationId);
}

function bodyOf({ entry, conversation }: Notice, chat: Chat): string {
  const text = plainExcerpt(entry.text, bodyMax);
  const sender = chat.people.shownNameOf(entry.senderId);
  return conversation.kind === 'direct' ? text : `\u2068${sender}\u2069: ${text}`;
}

function show(notice: Notice, chat: Chat, goTo: (conversationId: string) => void): void {
  const { entry, conversation } = notice;
  const { id: conversationId } = conversation;
  const options: NotificationOptions = {
    body: bodyOf(notice, chat),
    dir: 'auto',
    icon: '/icon.svg',
    // Replaces the notification that the conversation has.
    tag: conversationId,
    silent: true,
    data: { conversationId, seq: entry.seq, path: `/c/${conversationId}` } satisfies NotificationData,
  };
  try {
    const notification = new Notification(titleOf(conversation), options);
    open.set(conversationId, notification);
    notification.onclose = () => forget(notification);
    notification.onclick = () => {
      window.focus();
      goTo(conversationId);
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
