import type { FeedRecord } from '../../feed/feed-port.ts';
import type { Follower, FreshRecords } from '../follower.ts';
import { type TotalsStore, totalsFollower } from './totals-port.ts';

/** Keeps the totals that `parley stats` shows, so that the command does not have to count all conversations. */
export class TotalsFollower implements Follower {
  readonly name = totalsFollower;

  constructor(private readonly totals: Pick<TotalsStore, 'add' | 'rebuild'>) {}

  async apply(fresh: readonly FreshRecords[]): Promise<readonly number[]> {
    const ofEntries = fresh.map((each) => ({ ...each, records: each.records.filter(isOfEntry) }));
    // An entry that is marked `again` may have been counted under the position of an earlier command.
    const [uncertain, counted] = [ofEntries.filter(hasRepeats), ofEntries.filter((each) => !hasRepeats(each))];
    if (counted.length > 0) {
      await this.totals.add(
        counted.map(({ change, records }) => ({
          change,
          messages: records.filter(({ kind }) => kind === 'message').length,
          notices: records.filter(({ kind }) => kind !== 'message'),
        })),
      );
    }
    return uncertain.map(({ change }) => change.partition);
  }

  rebuild(partition: number): Promise<void> {
    return this.totals.rebuild(partition);
  }
}

/** An amendment changes no count. */
function isOfEntry({ revision }: FeedRecord): boolean {
  return revision === 0;
}

function hasRepeats({ records }: FreshRecords): boolean {
  return records.some(({ again }) => again);
}
