import { followerNames, type ResponseOf } from '@parley/protocol';
import { Argument, type Command } from 'commander';
import { withControl } from './control.ts';

type Follower = ResponseOf<'listFollowers'>['followers'][number];

interface DataOption {
  data: string;
}

/** `parley followers`: how far the followers of the feed are. */
export function addFollowers(
  program: Command,
  dataOption: readonly [flags: string, text: string, given: string],
): void {
  const followers = program
    .command('followers')
    .description('How far the followers of the feed are: position, lag, and what they set aside.')
    .option(...dataOption)
    .action(async ({ data }: DataOption) => {
      const { followers: found } = await withControl(data, (control) => control.call('listFollowers', {}));
      for (const follower of found) for (const line of linesOf(follower)) console.log(line);
    });
  followers
    .command('reset')
    .description('Have a follower forget how far it is: it begins with what the database holds, within seconds.')
    .addArgument(new Argument('<name>', 'the follower').choices(followerNames))
    .option(...dataOption)
    .action(async (name: Follower['name'], _options: DataOption, command: Command) => {
      const { data } = command.optsWithGlobals<DataOption>();
      await withControl(data, (control) => control.call('resetFollower', { name }));
      console.log(`${name} begins anew`);
    });
}

function linesOf(follower: Follower): string[] {
  const { name, position, lagRecords, lagSeconds, setAside, newestSetAside } = follower;
  const figures = [`position ${position}`, `lag ${lagRecords} records, ${lagSeconds.toFixed(1)} s`];
  return [
    [name, stateOf(follower), ...figures, `${setAside} set aside`].join('\t'),
    ...newestSetAside.map(
      ({ conversationId, seq, kind, reason }) => `${name}\tset aside: ${kind} ${seq} of ${conversationId}: ${reason}`,
    ),
  ];
}

function stateOf({ unbuiltPartitions, lagRecords }: Follower): string {
  if (unbuiltPartitions > 0) return `${unbuiltPartitions} partitions to be built`;
  return lagRecords > 0 ? 'behind' : 'up to date';
}
