import { parseMessageName, traceInFolder } from '@parley/server';
import { type Command, Option } from 'commander';
import { configOf, wholeFrom, withSettings } from '../cluster/options.ts';
import { Failure } from '../failure.ts';
import { linesOf } from './lines.ts';

interface TraceOptions {
  conversation?: string;
  sinceMinutes: number;
  shape?: string;
  data?: string;
}

/** The cluster's log keeps a week. */
const sinceMinutesMax = 10_080;

/** `parley trace`: shows where a message is or went. */
export function addTrace(program: Command): void {
  withSettings(program.command('trace'))
    .description(
      'Show where a message is or went, hop by hop, with times. Reads the stores, whether processes run or not.',
    )
    .argument('<message>', 'client message id, or CONVERSATION/NUMBER')
    .option('--conversation <id>', 'conversation of a client message id; also finds messages of any age')
    .option(
      '--since-minutes <minutes>',
      'how far back to search a cluster’s command log',
      wholeFrom(1, sinceMinutesMax),
      60,
    )
    .addOption(new Option('--shape <shape>', 'embedded or cluster (default: embedded; PARLEY_SHAPE)'))
    .addOption(
      new Option('--data <folder>', 'folder of the database of an embedded server (default: data; PARLEY_DATA)'),
    )
    .action(async (message: string, options: TraceOptions, command: Command) => {
      const { conversation, sinceMinutes, shape, data } = options;
      const name = parseMessageName(message, conversation);
      const config = configOf(command, { ...(shape !== undefined && { shape }), ...(data !== undefined && { data }) });
      const isCluster = config.shape === 'cluster';
      const traces = isCluster
        ? await (await import('@parley/server/cluster')).traceInCluster(config, name, sinceMinutes * 60_000)
        : traceInFolder(config.data, name);
      if (traces.length === 0)
        throw new Failure(notFound(message, isCluster && name.kind === 'id' ? sinceMinutes : null));
      for (const [index, trace] of traces.entries()) {
        if (index > 0) console.log('');
        for (const line of linesOf(message, trace)) console.log(line.join('\t'));
      }
    });
}

/** Explains why no message has this name. */
function notFound(message: string, sinceMinutes: number | null): string {
  if (sinceMinutes === null) {
    return `there is no message ${message}: it was never accepted, or was refused; its sender got an error, or will retry`;
  }
  return (
    `message ${message} was not found in the command log of the last ${sinceMinutes} minutes, nor set aside. ` +
    'It was never accepted, or is older: search further back with --since-minutes, or name its --conversation'
  );
}
