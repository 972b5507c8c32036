import { shownName } from '@parley/protocol/names';
import type { ConversationData } from '@parley/sdk';
import { personName } from './person-name.ts';
import { t } from './strings.ts';

/** A conversation's title: its name, or the other person's in a direct chat. */
export function titleOf({ name, partner }: ConversationData): string {
  if (name !== null) return conversationName(name);
  return partner ? personName(partner) : t('unknownPerson');
}

/** The name of a group or channel, or a neutral text if the name has no visible character. */
export function conversationName(name: string): string {
  return shownName(name, t('unnamedConversation'));
}
