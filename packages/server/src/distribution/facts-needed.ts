import { kindOf } from '../conversations/command-kinds.ts';
import {
  type AmendmentFactsNeeded,
  type FactsNeeded,
  messageKey,
  participantKey,
  reactionKey,
  repeatKey,
} from '../history/history-port.ts';
import type { CommandBatch, CommandRecord } from './command-log-port.ts';

/** The part of a batch that its decision depends on. */
export interface BatchToDecide extends Pick<CommandBatch, 'reaches'> {
  records: readonly Pick<CommandRecord, 'command' | 'at'>[];
}

/** The rows that have to be loaded to decide a batch, without duplicates. */
export function factsNeeded({ records, reaches }: BatchToDecide): FactsNeeded {
  const participants = new Map<string, FactsNeeded['participants'][number]>();
  const banned = new Map<string, FactsNeeded['banned'][number]>();
  const repeats = new Map<string, FactsNeeded['repeats'][number]>();
  for (const { command } of records) {
    const { conversationId, actorId, commandId } = command;
    const kind = kindOf(command);
    for (const userId of kind.usersOf(command)) {
      participants.set(participantKey(conversationId, userId), { conversationId, userId });
    }
    for (const userId of kind.bansOf?.(command) ?? []) {
      banned.set(participantKey(conversationId, userId), { conversationId, userId });
    }
    if (kind.amends) continue;
    repeats.set(repeatKey(conversationId, actorId, commandId), { conversationId, actorId, commandId });
  }
  return {
    conversationIds: [...new Set(records.map(({ command }) => command.conversationId))],
    participants: [...participants.values()],
    banned: [...banned.values()],
    repeats: [...repeats.values()],
    reaches,
    ...amendmentFactsNeeded(records),
  };
}

/** The rows for amendments and replies; nothing for a batch without any. */
function amendmentFactsNeeded(records: BatchToDecide['records']): Pick<FactsNeeded, 'amendments'> {
  const messages = new Map<string, AmendmentFactsNeeded['messages'][number]>();
  const reactions = new Map<string, AmendmentFactsNeeded['reactions'][number]>();
  const made = new Map<string, AmendmentFactsNeeded['records'][number]>();
  const pinned = new Set<string>();
  for (const { command } of records) {
    const { messagesOf, amends } = kindOf(command);
    const { conversationId, actorId, commandId } = command;
    for (const seq of messagesOf?.(command) ?? []) {
      messages.set(messageKey(conversationId, seq), { conversationId, seq });
      const emoji = amends?.emojiOf?.(command);
      if (emoji === undefined) continue;
      const reaction = { conversationId, seq, emoji, userId: actorId };
      reactions.set(reactionKey(reaction), reaction);
    }
    if (!amends) continue;
    made.set(repeatKey(conversationId, actorId, commandId), { conversationId, actorId, commandId });
    if (amends.readsPins) pinned.add(conversationId);
  }
  if (messages.size === 0) return {};
  const amendments = {
    messages: [...messages.values()],
    reactions: [...reactions.values()],
    pinCounts: [...pinned],
    records: [...made.values()],
  };
  return { amendments };
}
