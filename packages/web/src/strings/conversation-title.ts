import { markedName, shownName } from '@parley/protocol/names';
import type { ConversationData } from '@parley/sdk';
import { personName } from './person-name.ts';
import { locale, t } from './strings.ts';

/** A conversation's title: its name, or the other person's in a direct chat. */
export function titleOf({ name, partner }: ConversationData): string {
  if (name !== null) return conversationName(name);
  return partner ? personName(partner) : t('unknownPerson');
}

/**
 * The name of a group or channel, marked if it mixes scripts; a neutral text if the name has no visible character.
 */
export function conversationName(name: string): string {
  return markedName(shownName(name, t('unnamedConversation')), locale());
}
