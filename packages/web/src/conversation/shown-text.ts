import type { MessageEntry } from '@parley/protocol';
import { t } from '../strings/strings.ts';

/** The text of a message. For a deleted one, a sentence that says so, and who deleted it if that was not the sender. */
export function shownText(
  { senderId, text, entry }: { senderId: string; text: string; entry: MessageEntry | null },
  nameOf: (userId: string) => string,
): string {
  const deleted = entry?.deleted;
  if (!deleted) return text;
  return deleted.byId === senderId ? t('messageDeleted') : t('messageDeletedBy', { name: nameOf(deleted.byId) });
}
