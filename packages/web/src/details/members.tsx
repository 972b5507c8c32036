import { Menu } from '@base-ui/react/menu';
import type { Member, Role } from '@parley/protocol';
import type { ConversationData } from '@parley/sdk';
import { MoreHorizontal } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { useIsShown } from '../chat/use-is-shown.ts';
import { MoreButton } from '../people/more-button.tsx';
import { PersonLine } from '../people/person-line.tsx';
import { type PageRequest, usePagedList } from '../people/use-paged-list.ts';
import { useWatch } from '../people/use-watch.ts';
import { roleName } from '../strings/notice-text.ts';
import { personName } from '../strings/person-name.ts';
import { locale, t } from '../strings/strings.ts';

/** The members of a group or channel, in pages, with their presence. */
export function Members({ conversation }: { conversation: ConversationData }) {
  const chat = useChatItself();
  const { id, memberCount, membershipSeq } = conversation;
  const [failure, setFailure] = useState('');
  const load = useCallback(
    async (page: PageRequest) => {
      const { members, nextCursor } = await chat.request('members', id, page);
      chat.takePresence(members.map(({ user }) => ({ userId: user.id, online: user.online })));
      return { items: members.map((member) => ({ id: member.user.id, ...member })), nextCursor };
    },
    [chat, id],
  );
  const list = usePagedList(load);
  const { refresh } = list;
  const members = list.items ?? [];
  useWatch({ userIds: members.map((member) => member.id) });
  const shownChange = useRef(membershipSeq);
  useEffect(() => {
    // A member was added, was removed or got another role.
    if (shownChange.current !== membershipSeq) refresh();
    shownChange.current = membershipSeq;
  }, [refresh, membershipSeq]);
  const act = (action: Promise<unknown>) => {
    setFailure('');
    action.then(refresh, (error: unknown) => setFailure(failureText(error)));
  };
  return (
    <section className="members" aria-label={t('members')}>
      <h2>
        {t('members')} <span className="muted">{memberCount.toLocaleString(locale())}</span>
      </h2>
      <p className="failure" role="alert">
        {failure || list.failure}
      </p>
      <ul>
        {members.map((member) => (
          <li key={member.user.id} className="member">
            <MemberLine member={member} />
            <MemberMenu member={member} conversation={conversation} act={act} />
          </li>
        ))}
      </ul>
      <MoreButton more={list.more} />
    </section>
  );
}

/** A member, under the current name. */
function MemberLine({ member: { user, role } }: { member: Member }) {
  const displayName = useChat(({ people }) => people.get(user.id)?.displayName ?? user.displayName);
  return <PersonLine person={{ ...user, displayName }} note={roleName(role)} />;
}

interface MemberMenuProps {
  member: Member;
  conversation: ConversationData;
  act(action: Promise<unknown>): void;
}

function MemberMenu({ member: { user, role }, conversation, act }: MemberMenuProps) {
  const chat = useChatItself();
  const [, navigate] = useLocation();
  const isShown = useIsShown();
  const me = useChat(({ account }) => account?.id);
  const own = conversation.membership?.role;
  if (user.id === me) return <span className="muted member-you">{t('you')}</span>;
  const conversationId = conversation.id;
  const setRole = (next: Role) => act(chat.operation('setRole', { conversationId, userId: user.id, role: next }));
  const mayRemove = own === 'owner' || (own === 'admin' && role === 'member');
  const openDirect = async () => {
    const id = await chat.request('openDirect', user.id);
    if (isShown()) navigate(`/c/${id}`);
  };
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="icon-button small" aria-label={t('actionsFor', { name: personName(user) })}>
        <MoreHorizontal aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-positioner" align="end" sideOffset={4}>
          <Menu.Popup className="menu">
            <Menu.Item className="menu-item" onClick={() => act(openDirect())}>
              {t('writeDirectly')}
            </Menu.Item>
            {own === 'owner' && role !== 'owner' && (
              <Menu.Item className="menu-item" onClick={() => setRole('owner')}>
                {t('makeOwner')}
              </Menu.Item>
            )}
            {own === 'owner' && role !== 'admin' && (
              <Menu.Item className="menu-item" onClick={() => setRole('admin')}>
                {t('makeAdmin')}
              </Menu.Item>
            )}
            {own === 'owner' && role !== 'member' && (
              <Menu.Item className="menu-item" onClick={() => setRole('member')}>
                {t('makeMember')}
              </Menu.Item>
            )}
            {mayRemove && (
              <Menu.Item
                className="menu-item danger"
                onClick={() => act(chat.operation('removeMember', { conversationId, userId: user.id }))}
              >
                {t('remove')}
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
