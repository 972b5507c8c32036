import { t } from '../strings/strings.ts';
import { useChat } from './use-chat.ts';

/** Says that the browser stores nothing, for as long as writes fail. */
export function StorageBar() {
  const isStoring = useChat((chat) => chat.isStoring);
  return (
    <div className="connection-bar" role="status" hidden={isStoring}>
      {isStoring ? '' : t('storageAway')}
    </div>
  );
}
