import { useChat } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { hueOf, initialsOf } from './initials.ts';

interface AvatarProps {
  /** Decides the colour. */
  id: string;
  name: string;
  /** Whose presence shows as a dot. */
  userId?: string;
  kind?: 'person' | 'group' | 'channel';
}

export function Avatar({ id, name, userId, kind = 'person' }: AvatarProps) {
  return (
    <span className={`avatar hue-${hueOf(id)} avatar-${kind}`}>
      <span aria-hidden="true">{kind === 'channel' ? '#' : initialsOf(name)}</span>
      {userId && <PresenceDot userId={userId} />}
    </span>
  );
}

function PresenceDot({ userId }: { userId: string }) {
  const isOnline = useChat((chat) => chat.online.get(userId) ?? false);
  // Who isn't there needs no mark: most aren't, and a list of rings is no calmer for it.
  if (!isOnline) return null;
  return <span className="dot" role="img" aria-label={t('online')} />;
}
