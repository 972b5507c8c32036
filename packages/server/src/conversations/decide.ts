import type { Command } from './command.ts';
import { kindOf } from './command-kinds.ts';
import type { Situation, Verdict } from './verdict.ts';

/**
 * The rule of conversations: decides one command. Pure: the same situation always gives the same verdict, so every
 * distributor that processes a shard's log makes the same entries and amendments in the same
 * order (contract 3).
 */
export function decide(command: Command, situation: Situation): Verdict {
  const { repeated } = situation;
  const kind = kindOf(command);
  if (repeated) return kind.refuseReuse?.(command, repeated) ?? { kind: 'repeat', entry: repeated.entry };
  return kind.decide(command, situation);
}
