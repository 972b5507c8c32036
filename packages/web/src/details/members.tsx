import { Menu } from '@base-ui/react/menu';
import type { Member, Role, User } from '@parley/protocol';
import type { ConversationData } from '@parley/sdk';
import { MoreHorizontal } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { useIsShown } from '../chat/use-is-shown.ts';
import { laterPart } from '../faults/later-part.ts';
import { Overlay } from '../faults/overlay.tsx';
import { MoreButton } from '../people/more-button.tsx';
import { PersonLine } from '../people/person-line.tsx';
import { type PageRequest, usePagedList } from '../people/use-paged-list.ts';
import { usePerson } from '../people/use-person.ts';
import { useWatch } from '../people/use-watch.ts';
import { roleName } from '../strings/notice-text.ts';
import { personName } from '../strings/person-name.ts';
import { locale, t } from '../strings/strings.ts';

const BanDialog = laterPart(() => import('../dialogs/ban-dialog.tsx'));

interface MembersProps {
  conversation: ConversationData;
  /** Whether the server can ban people. */
  canBan: boolean;
}

/** The members of a group or channel, in pages, with their presence. */
export function Members({ conversation, canBan }: MembersProps) {
  const chat = useChatItself();
  const { id, memberCount, membershipSeq } = conversation;
  const [failure, setFailure] = useState('');
  const [banning, setBanning] = useState<User | null>(null);
  const load = useCallback(
    async (page: PageRequest) => {
      const { members, nextCursor } = await chat.request('members', id, page);
      chat.takePresence(members.map(({ user }) => ({ userId: user.id, online: user.online })));
      return { items: members.map((member) => ({ id: member.user.id, ...member })), nextCursor };
    },
    [chat, id],
  );
  // The number changes when a member is added, is removed or gets another role.
  const list = usePagedList(load, { version: membershipSeq });
  const members = list.items ?? [];
  useWatch({ userIds: members.map((member) => member.id) });
  const act = (action: Promise<unknown>) => {
    setFailure('');
    action.catch((error: unknown) => setFailure(failureText(error)));
  };
  const endBanning = () => setBanning(null);
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
            <MemberMenu
              member={member}
              conversation={conversation}
              act={act}
              {...(canBan && { onBan: () => setBanning(member.user) })}
            />
          </li>
        ))}
      </ul>
      <MoreButton more={list.more} />
      <Overlay onClose={endBanning}>
        {banning && <BanDialog conversationId={id} person={banning} onClose={endBanning} onBanned={endBanning} />}
      </Overlay>
    </section>
  );
}

/** A member, under the current name. */
function MemberLine({ member: { user, role } }: { member: Member }) {
  return <PersonLine person={usePerson(user)} note={roleName(role)} />;
}

interface MemberMenuProps {
  member: Member;
  conversation: ConversationData;
  act(action: Promise<unknown>): void;
  /** Absent where the server cannot ban people. */
  onBan?(): void;
}

function MemberMenu({ member: { user, role }, conversation, act, onBan }: MemberMenuProps) {
  const chat = useChatItself();
  const [, navigate] = useLocation();
  const isShown = useIsShown();
  const me = useChat(({ account }) => account?.id);
  const own = conversation.membership?.role;
  const name = personName(usePerson(user));
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
      <Menu.Trigger className="icon-button small" aria-label={t('actionsFor', { name })}>
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
            {mayRemove && onBan && (
              <Menu.Item className="menu-item danger" onClick={onBan}>
                {t('ban')}
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
