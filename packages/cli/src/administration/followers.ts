import { followerNames, type ResponseOf } from '@parley/protocol';
import { Argument, type Command } from 'commander';
import { withControl } from './control.ts';

type Follower = ResponseOf<'listFollowers'>['followers'][number];

interface DataOption {
  data: string;
}

/** `parley followers`: lists and resets the followers of the feed. */
export function addFollowers(
  program: Command,
  dataOption: readonly [flags: string, text: string, given: string],
): void {
  const followers = program
    .command('followers')
    .description('List the followers of the feed: position, lag and set-aside records.')
    .option(...dataOption)
    .action(async ({ data }: DataOption) => {
      const { followers: found } = await withControl(data, (control) => control.call('listFollowers', {}));
      for (const follower of found) for (const line of linesOf(follower)) console.log(line);
    });
  followers
    .command('reset')
    .description('Reset a follower: it builds its data from the database again, within seconds.')
    .addArgument(new Argument('<name>', 'the name of the follower').choices(followerNames))
    .option(...dataOption)
    .action(async (name: Follower['name'], _options: DataOption, command: Command) => {
      const { data } = command.optsWithGlobals<DataOption>();
      await withControl(data, (control) => control.call('resetFollower', { name }));
      console.log(`${name} was reset`);
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
