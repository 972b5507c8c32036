import { useEffect } from 'react';
import { useChat } from '../chat/use-chat.ts';
import { preferences } from '../preferences/preferences.ts';
import { t } from '../strings/strings.ts';

/** Shows the number of unread messages in the tab's title and icon, without muted conversations. */
export function UnreadTitle() {
  const unread = useChat(({ conversations }) => {
    const { muted } = preferences();
    let total = 0;
    for (const { id, unreadCount } of conversations.values()) if (!muted.includes(id)) total += unreadCount;
    return total;
  });
  useEffect(() => {
    document.title = unread > 0 ? `(${unread > 999 ? '999+' : unread}) ${t('appName')}` : t('appName');
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    const href = unread > 0 ? '/icon-unread.svg' : '/icon.svg';
    if (icon && icon.getAttribute('href') !== href) icon.href = href;
    void (unread > 0 ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.());
  }, [unread]);
  return null;
}
