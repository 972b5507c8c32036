import type { User } from '@parley/protocol';
import { isFoundBy } from '@parley/protocol/folding';
import type { ConversationData } from '@parley/sdk';
import { useState } from 'react';
import { useChannelSearch } from '../channels/use-channel-search.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { useOpening } from '../chat/use-opening.ts';
import { Avatar } from '../people/avatar.tsx';
import { ConversationAvatar } from '../people/conversation-avatar.tsx';
import { PersonLine } from '../people/person-line.tsx';
import { usePeopleSearch } from '../people/use-people-search.ts';
import { conversationName, titleOf } from '../strings/conversation-title.ts';
import { personName } from '../strings/person-name.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from './dialog.tsx';
import { type Option, OptionList } from './option-list.tsx';

/** The number of the person's own conversations that are added with each page of the server's results. */
const ownPage = 12;

/** Finds conversations, people and public channels by name, and opens the chosen one. */
export default function QuickSwitcher({ onClose }: { onClose(): void }) {
  const chat = useChatItself();
  const { open, failure } = useOpening(onClose);
  const [query, setQuery] = useState('');
  const conversations = useChat(({ list }) => list);
  const people = usePeopleSearch(query);
  const channels = useChannelSearch(query, query.trim() !== '');
  // Both answers are shown at once, so that the chosen option does not move when the second one arrives.
  const isAwaited = query.trim() !== '' && (people.items === null || channels.items === null);
  const [ownMax, setOwnMax] = useState(ownPage);
  const matching = conversations.filter((one) => isFoundBy(titleOf(one), query));
  const own = matching.slice(0, ownMax);
  const hasMore = matching.length > own.length || people.more || channels.more;
  const more = () => {
    setOwnMax(ownMax + ownPage);
    people.more?.();
    channels.more?.();
  };
  const partners = new Set(own.map(({ partner }) => partner?.id));
  const known = new Set(own.map(({ id }) => id));
  const options = [
    ...own.map(conversationOption),
    ...((!isAwaited && people.items) || []).filter(({ id }) => !partners.has(id)).map(personOption),
    ...((!isAwaited && channels.items) || []).filter(({ id }) => !known.has(id)).map(channelOption),
  ];
  const choose = (option: string) => {
    const [kind, id = ''] = option.split(' ');
    if (kind === 'c') return open(async () => id);
    return open(() => chat.request(kind === 'p' ? 'openDirect' : 'join', id));
  };
  return (
    <Dialog title={t('jumpTo')} onClose={onClose}>
      <OptionList
        label={t('jumpToHint')}
        placeholder={t('jumpToHint')}
        query={query}
        onQuery={(next) => {
          setOwnMax(ownPage);
          setQuery(next);
        }}
        options={options}
        onChoose={(id) => void choose(id)}
        isAwaited={isAwaited}
        more={hasMore ? more : null}
        empty={isAwaited ? '' : t('noMatch', { query })}
      />
      <p className="failure" role="alert">
        {failure}
      </p>
    </Dialog>
  );
}

function conversationOption(conversation: ConversationData): Option {
  const label = titleOf(conversation);
  return {
    id: `c ${conversation.id}`,
    label,
    content: (
      <>
        <ConversationAvatar conversation={conversation} />
        <bdi>{label}</bdi>
      </>
    ),
  };
}

function personOption(person: User): Option {
  return { id: `p ${person.id}`, label: personName(person), content: <PersonLine person={person} /> };
}

function channelOption({ id, name }: { id: string; name: string }): Option {
  const label = conversationName(name);
  return {
    id: `j ${id}`,
    label,
    content: (
      <>
        <Avatar id={id} name={label} kind="channel" />
        <bdi>{label}</bdi>
      </>
    ),
  };
}
