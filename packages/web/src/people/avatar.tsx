import { useChat } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { hueOf, initialsOf } from './initials.ts';

interface AvatarProps {
  /** Determines the colour. */
  id: string;
  name: string;
  /** The person whose presence is shown as a dot. */
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
  // People who are offline get no mark: most are, and marking them all would only distract.
  if (!isOnline) return null;
  return <span className="dot" role="img" aria-label={t('online')} />;
}
