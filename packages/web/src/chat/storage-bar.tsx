import { t } from '../strings/strings.ts';
import { useChat } from './use-chat.ts';

/** Says that nothing outlives this page, for as long as that is so. */
export function StorageBar() {
  const isStoring = useChat((chat) => chat.isStoring);
  return (
    <div className="connection-bar" role="status" hidden={isStoring}>
      {isStoring ? '' : t('storageAway')}
    </div>
  );
}
