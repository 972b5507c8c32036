import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { BadRequest } from './scenario.ts';

/** The options of a command. Throws {@link BadRequest} for an unknown one, or one without its value. */
export function parsed(args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new BadRequest(error.message);
    throw error;
  }
}
