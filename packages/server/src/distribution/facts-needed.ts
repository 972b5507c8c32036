import { kindOf } from '../conversations/command-kinds.ts';
import { type FactsNeeded, participantKey, repeatKey } from '../history/history-port.ts';
import type { CommandBatch, CommandRecord } from './command-log-port.ts';

/** The part of a batch that its decision depends on. */
export interface BatchToDecide extends Pick<CommandBatch, 'reaches'> {
  records: readonly Pick<CommandRecord, 'command' | 'at'>[];
}

/** The rows that have to be loaded to decide a batch, without duplicates. */
export function factsNeeded({ records, reaches }: BatchToDecide): FactsNeeded {
  const participants = new Map<string, FactsNeeded['participants'][number]>();
  const repeats = new Map<string, FactsNeeded['repeats'][number]>();
  for (const { command } of records) {
    const { conversationId, actorId, commandId } = command;
    for (const userId of kindOf(command).usersOf(command)) {
      participants.set(participantKey(conversationId, userId), { conversationId, userId });
    }
    repeats.set(repeatKey(conversationId, actorId, commandId), { conversationId, actorId, commandId });
  }
  return {
    conversationIds: [...new Set(records.map(({ command }) => command.conversationId))],
    participants: [...participants.values()],
    repeats: [...repeats.values()],
    reaches,
  };
}
