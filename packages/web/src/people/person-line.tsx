import { personName } from '../strings/person-name.ts';
import { Avatar } from './avatar.tsx';

interface PersonLineProps {
  person: { id: string; username: string; displayName: string };
  /** Shown after the names. */
  note?: string;
}

/** A person in a list. */
export function PersonLine({ person, note }: PersonLineProps) {
  const { id, username } = person;
  const name = personName(person);
  return (
    <span className="person-line">
      <Avatar id={id} name={name} userId={id} />
      <span className="person-names">
        <bdi className="person-name">{name}</bdi>
        <span className="muted">
          <bdi>@{username}</bdi>
          {note && ` · ${note}`}
        </span>
      </span>
    </span>
  );
}
