import { shownName } from '@parley/protocol/names';
import type { ConversationData } from '@parley/sdk';
import { personName } from './person-name.ts';
import { t } from './strings.ts';

/** What to call a conversation: its name, or the other person's. */
export function titleOf({ name, partner }: ConversationData): string {
  if (name !== null) return conversationName(name);
  return partner ? personName(partner) : t('unknownPerson');
}

/** The name of a group or channel; a neutral one where it shows nothing. */
export function conversationName(name: string): string {
  return shownName(name, t('unnamedConversation'));
}
