import type { ConversationData } from '@parley/sdk';
import { t } from '../strings/strings.ts';

/** What to call a conversation: its name, or the other person's. */
export function titleOf({ name, partner }: ConversationData): string {
  return name ?? partner?.displayName ?? t('unknownPerson');
}
