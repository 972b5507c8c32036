import type { User } from '@parley/protocol';
import { X } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { randomId } from '../chat/random-id.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { useOpening } from '../chat/use-opening.ts';
import { PersonLine } from '../people/person-line.tsx';
import { usePeopleSearch } from '../people/use-people-search.ts';
import { personName } from '../strings/person-name.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from './dialog.tsx';
import { OptionList } from './option-list.tsx';

export type NewKind = 'person' | 'group' | 'channel';

const kinds: readonly NewKind[] = ['person', 'group', 'channel'];

/** Starts a direct chat, or creates a group or a channel. */
export default function NewConversation({ kind: first, onClose }: { kind: NewKind; onClose(): void }) {
  const [kind, setKind] = useState(first);
  const { open, failure } = useOpening(onClose);
  const form = {
    person: <NewDirect open={open} />,
    group: <NewGroup open={open} />,
    channel: <NewChannel open={open} />,
  };
  return (
    <Dialog title={t('newConversation')} onClose={onClose}>
      <fieldset className="segments">
        <legend className="visually-hidden">{t('newConversation')}</legend>
        {kinds.map((one) => (
          <label key={one} className="segment">
            <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
            <span>{t(one)}</span>
          </label>
        ))}
      </fieldset>
      {form[kind]}
      <p className="failure" role="alert">
        {failure}
      </p>
    </Dialog>
  );
}

interface FormProps {
  open(begin: () => Promise<string>): Promise<void>;
}

function NewDirect({ open }: FormProps) {
  const chat = useChatItself();
  return <PeopleSearch onChoose={({ id }) => void open(() => chat.request('openDirect', id))} />;
}

/** Finds people by name. */
export function PeopleSearch({ onChoose }: { onChoose(person: User): void }) {
  const [query, setQuery] = useState('');
  const { items: found, more, failure } = usePeopleSearch(query);
  const empty = query.trim() === '' ? t('searchPeopleHint') : failure || (found ? t('nobodyFound', { query }) : '');
  return (
    <OptionList
      label={t('searchPeople')}
      placeholder={t('searchPeople')}
      query={query}
      onQuery={setQuery}
      options={(found ?? []).map((person) => ({
        id: person.id,
        label: personName(person),
        content: <PersonLine person={person} />,
      }))}
      onChoose={(id) => {
        const person = found?.find((one) => one.id === id);
        if (person) onChoose(person);
        setQuery('');
      }}
      isAwaited={query.trim() !== '' && found === null}
      more={more}
      empty={empty}
    />
  );
}

/**
 * The id under which a form creates something. It stays until the form is edited, so that pressing Create again after a
 * lost answer does not create it twice.
 */
function useRequestId() {
  const id = useRef(randomId());
  return {
    clientRequestId: () => id.current,
    edited() {
      id.current = randomId();
    },
  };
}

function NewGroup({ open }: FormProps) {
  const chat = useChatItself();
  const { clientRequestId, edited } = useRequestId();
  const id = useId();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const choose = (people: readonly User[]) => {
    setChosen(people);
    edited();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const userIds = chosen.map((person) => person.id);
    void open(() => chat.request('createGroup', { name: name.trim(), userIds, clientRequestId: clientRequestId() }));
  };
  return (
    <form onSubmit={submit} onChange={edited} className="stack">
      <div className="field">
        <label htmlFor={id}>{t('groupName')}</label>
        <input id={id} value={name} required dir="auto" onChange={(event) => setName(event.target.value)} />
      </div>
      <div className="field">
        {/* The field below has the same name for assistive technology. */}
        <span className="field-name" aria-hidden="true">
          {t('members')}
        </span>
        <PeopleSearch onChoose={(person) => choose([...chosen.filter((one) => one.id !== person.id), person])} />
      </div>
      {chosen.length > 0 && (
        <ul className="chips" aria-label={t('chosen')}>
          {chosen.map((person) => (
            <li key={person.id} className="chip">
              <bdi>{personName(person)}</bdi>
              <button
                type="button"
                aria-label={t('removePerson', { name: personName(person) })}
                onClick={() => choose(chosen.filter((one) => one !== person))}
              >
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <button type="submit" className="button primary">
        {t('create')}
      </button>
    </form>
  );
}

function NewChannel({ open }: FormProps) {
  const chat = useChatItself();
  const { clientRequestId, edited } = useRequestId();
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get('name')).trim();
    const description = String(form.get('description')).trim();
    const announceOnly = form.get('announceOnly') === 'on';
    void open(() =>
      chat.request('createChannel', { name, description, announceOnly, clientRequestId: clientRequestId() }),
    );
  };
  return (
    <form onSubmit={submit} onChange={edited} className="stack">
      <div className="field">
        <label htmlFor={`${id}-name`}>{t('channelName')}</label>
        <input id={`${id}-name`} name="name" required dir="auto" />
      </div>
      <div className="field">
        <label htmlFor={`${id}-description`}>{t('description')}</label>
        <input id={`${id}-description`} name="description" dir="auto" />
      </div>
      <label className="check">
        <input type="checkbox" name="announceOnly" />
        {t('announceOnly')}
      </label>
      <button type="submit" className="button primary">
        {t('create')}
      </button>
    </form>
  );
}
