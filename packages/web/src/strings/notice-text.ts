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

type Notice = Exclude<Entry, MessageEntry>;
type NoticeText<Kind extends Notice['kind']> = (
  entry: Extract<Notice, { kind: Kind }>,
  name: string,
  nameOf: (userId: string) => string,
) => string;

/** The sentence of each kind of notice. `name` is the name of its sender. */
const noticeTexts: { [Kind in Notice['kind']]: NoticeText<Kind> } = {
  created: ({ conversationKind, name: title }, name) =>
    conversationKind === 'direct'
      ? t('noticeCreatedDirect')
      : t('noticeCreated', { name, title: conversationName(title ?? '') }),
  joined: (_, name) => t('noticeJoined', { name }),
  left: (_, name) => t('noticeLeft', { name }),
  added: ({ userIds }, name, nameOf) =>
    t('noticeAdded', { name, others: userIds.slice(0, 5).map(nameOf).join(', ') + (userIds.length > 5 ? ' …' : '') }),
  removed: ({ userId }, name, nameOf) => t('noticeRemoved', { name, other: nameOf(userId) }),
  banned: ({ userId }, name, nameOf) => t('noticeBanned', { name, other: nameOf(userId) }),
  unbanned: ({ userId }, name, nameOf) => t('noticeUnbanned', { name, other: nameOf(userId) }),
  role: ({ userId, role }, name, nameOf) => t('noticeRole', { name, other: nameOf(userId), role: roleName(role) }),
  updated: ({ name: title, announceOnly }, name) => {
    if (title !== undefined) return t('noticeRenamed', { name, title: conversationName(title) });
    if (announceOnly !== undefined) return t(announceOnly ? 'noticeAnnounceOn' : 'noticeAnnounceOff', { name });
    return t('noticeDescribed', { name });
  },
  later: (_, name) => t('noticeLater', { name }),
};

/** A sentence that describes an entry other than a message. */
export function noticeText(entry: Notice, nameOf: (userId: string) => string): string {
  // Each function takes the entries of its own kind.
  const text = noticeTexts[entry.kind] as NoticeText<Notice['kind']>;
  return text(entry as never, nameOf(entry.senderId), nameOf);
}
