import { Avatar } from './avatar.tsx';

interface PersonLineProps {
  person: { id: string; username: string; displayName: string };
  /** Shown after the names. */
  note?: string;
}

/** Somebody in a list. */
export function PersonLine({ person: { id, username, displayName }, note }: PersonLineProps) {
  return (
    <span className="person-line">
      <Avatar id={id} name={displayName} userId={id} />
      <span className="person-names">
        <bdi className="person-name">{displayName}</bdi>
        <span className="muted">
          <bdi>@{username}</bdi>
          {note && ` · ${note}`}
        </span>
      </span>
    </span>
  );
}
