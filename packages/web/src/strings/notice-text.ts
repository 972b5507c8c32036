import type { Entry, MessageEntry } from '@parley/protocol';
import { conversationName } from './conversation-title.ts';
import type { StringKey } from './english.ts';
import { t } from './strings.ts';

const roleNames = { owner: 'roleOwner', admin: 'roleAdmin', member: 'roleMember' } as const satisfies Record<
  string,
  StringKey
>;

export function roleName(role: keyof typeof roleNames): string {
  return t(roleNames[role]);
}

/** What happened, as a sentence. */
export function noticeText(entry: Exclude<Entry, MessageEntry>, nameOf: (userId: string) => string): string {
  const name = nameOf(entry.senderId);
  switch (entry.kind) {
    case 'created':
      return entry.conversationKind === 'direct'
        ? t('noticeCreatedDirect')
        : t('noticeCreated', { name, title: conversationName(entry.name ?? '') });
    case 'joined':
      return t('noticeJoined', { name });
    case 'left':
      return t('noticeLeft', { name });
    case 'added':
      return t('noticeAdded', {
        name,
        others: entry.userIds.slice(0, 5).map(nameOf).join(', ') + (entry.userIds.length > 5 ? ' …' : ''),
      });
    case 'removed':
      return t('noticeRemoved', { name, other: nameOf(entry.userId) });
    case 'role':
      return t('noticeRole', { name, other: nameOf(entry.userId), role: roleName(entry.role) });
    case 'updated':
      if (entry.name !== undefined) return t('noticeRenamed', { name, title: conversationName(entry.name) });
      if (entry.announceOnly !== undefined)
        return t(entry.announceOnly ? 'noticeAnnounceOn' : 'noticeAnnounceOff', { name });
      return t('noticeDescribed', { name });
    case 'later':
      return t('noticeLater', { name });
  }
}
