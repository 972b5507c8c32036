import type { Entry } from '@parley/protocol';
import type { Command, CommandOf } from './command.ts';
import { kindOf } from './command-kinds.ts';
import { refused, type Situation, type Verdict } from './rules.ts';

/**
 * The rule of conversations: what becomes of one command. Pure: the same situation always gives the same verdict, so
 * whoever processes a shard's log comes to the same entries in the same order (contract 3).
 */
export function decide(command: Command, situation: Situation): Verdict {
  if (situation.repeated) return decideRepeat(command, situation.repeated);
  return kindOf(command).decide(command, situation);
}

function decideRepeat(command: Command, entry: Entry): Verdict {
  if (command.kind === 'send' && !(entry.kind === 'message' && entry.text === command.text)) {
    return refused(
      'client_message_id_reused',
      `Client message id ${JSON.stringify(command.commandId)} belongs to entry ${entry.seq}, which has another text.`,
    );
  }
  if (command.kind === 'create' && !(entry.kind === 'created' && makes(command, entry))) {
    return refused(
      'client_request_id_reused',
      'You made a conversation of another kind or name under this client request id.',
    );
  }
  return { kind: 'repeat', entry };
}

function makes({ conversationKind, name }: CommandOf<'create'>, entry: Extract<Entry, { kind: 'created' }>): boolean {
  return entry.conversationKind === conversationKind && entry.name === name;
}
