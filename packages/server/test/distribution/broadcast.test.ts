import { beforeEach, describe, expect, test } from 'bun:test';
import { limits, type UserId } from '@parley/protocol';
import type { Command } from '../../src/conversations/command.ts';
import { type CommandFields, serverCommandId } from '../../src/conversations/command-fields.ts';
import { bothWaysEntries, bothWaysMembers } from '../../src/distribution/route.ts';
import { DistributionUnderTest } from './distribution-under-test.ts';

const conversationId = 'channel';
const limit = limits.directFanOutMembers;
let lastCommand = 0;

function by(actorId: UserId): CommandFields {
  return { conversationId, actorId, commandId: serverCommandId(String(++lastCommand)) };
}

function channelOf(memberCount: number): Command {
  return {
    ...{ ...by('owner'), kind: 'create', conversationKind: 'channel', name: 'name', description: '' },
    ...{ announceOnly: false, history: 'all', userIds: ['old', ...strangers(memberCount - 2)] },
  };
}

function strangers(count: number): UserId[] {
  return Array.from({ length: count }, () => `stranger ${++lastCommand}`);
}

const says = (): Command => ({ ...by('owner'), kind: 'send', text: 'text' });
const joins = (userId: UserId): Command => ({ ...by(userId), kind: 'join' });
const leaves = (userId: UserId): Command => ({ ...by(userId), kind: 'leave' });
const adds = (...userIds: UserId[]): Command => ({ ...by('owner'), kind: 'add', userIds });

describe('a conversation with many members', () => {
  let distribution: DistributionUnderTest;
  beforeEach(async () => {
    distribution = await DistributionUnderTest.start(['owner', 'old', 'new']);
  });

  const distribute = async (...commands: Command[]) => {
    for (const command of commands) await distribution.distribute([command]);
  };
  /**
   * A channel that has been broadcast long enough to be routed only to interested servers. Returns the number of its
   * last entry.
   */
  const longBroadcast = async () => {
    await distribute(channelOf(bothWaysMembers));
    await distribution.distribute(Array.from({ length: bothWaysEntries - 1 }, says));
    return bothWaysEntries;
  };
  const isIndexedOfEverybody = async () => {
    for (const userId of ['owner', 'old', 'new']) {
      expect(await distribution.broadcastConversations(userId)).toEqual([conversationId]);
    }
  };
  const received = (userId: UserId) => distribution.received(userId, conversationId);
  const lastCopy = (userId: UserId) => distribution.copies(userId).at(-1);

  test(`is routed to its members' servers, up to ${limit} of them`, async () => {
    await distribution.addInterest('new', conversationId);
    await distribute(channelOf(limit), says());
    expect(lastCopy('old')).toMatchObject({ broadcast: false, interested: false, recipientIds: ['old'] });
    expect(received('old')).toEqual([1, 2]);
    expect(distribution.copies('new')).toEqual([]);
  });

  test('is routed both ways from the entry that passes the limit, so that no server misses the change', async () => {
    await distribute(channelOf(limit), joins('new'), says());
    expect(lastCopy('old')).toMatchObject({ broadcast: true, interested: false, recipientIds: ['old'] });
    await distribution.addInterest('old', conversationId);
    await distribute(says());
    expect(lastCopy('old')).toMatchObject({ broadcast: true, interested: true, recipientIds: ['old'] });
    expect([received('old'), received('new')]).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
  });

  test(`is routed only to interested servers ${bothWaysEntries} entries later, one copy each`, async () => {
    await distribution.addInterest('old', conversationId);
    const last = await longBroadcast();
    expect(lastCopy('owner')).toMatchObject({ interested: false, recipientIds: ['owner'], entry: { seq: last } });
    await distribute(says());
    expect(lastCopy('old')).toMatchObject({ interested: true, recipientIds: [], entry: { seq: last + 1 } });
    expect(distribution.copies('old')).toHaveLength(last + 1);
    expect(lastCopy('owner')?.entry.seq).toBe(last);
  });

  test('is routed both ways by a replay of the batch in which it passed the limit, however much it grew', async () => {
    await distribute(channelOf(limit));
    const grows = [says(), ...Array.from({ length: 4 }, () => adds(...strangers(limit))), says()];
    distribution.diesBefore = 'delivery';
    await expect(distribution.distribute(grows)).rejects.toThrow();
    distribution.diesBefore = null;
    await distribution.restart();
    await distribution.distribute(grows);
    expect(received('old')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(lastCopy('old')).toMatchObject({ broadcast: true });
    expect(await distribution.broadcastConversations('old')).toEqual([conversationId]);
  });

  test('routes an entry to the users that it affects, however large it is', async () => {
    const last = await longBroadcast();
    await distribute(joins('new'), says());
    expect(received('new')).toEqual([last + 1]);
    await distribute({ ...by('owner'), kind: 'set_role', userId: 'new', role: 'admin' }, says());
    expect(received('new').slice(1)).toEqual([last + 3]);
    await distribute({ ...by('owner'), kind: 'remove', userId: 'new' }, says(), adds('new'), leaves('new'));
    expect(received('new').slice(2)).toEqual([last + 5, last + 7, last + 8]);
    expect(received('old').at(-1)).toBe(last);
  });

  test('routes to these users also when they join and leave within one batch', async () => {
    const last = await longBroadcast();
    const comesAndGoes = [joins('new'), leaves('new'), says(), joins('new'), says(), leaves('new')];
    await distribution.distribute(comesAndGoes);
    expect(received('new')).toEqual([1, 2, 4, 6].map((each) => last + each));
  });

  test('routes no entry to a user from before the current membership (contract 8)', async () => {
    const again = [joins('new'), { ...by('owner'), kind: 'remove', userId: 'new' } as const];
    const last = await longBroadcast();
    await distribute(...again, joins('new'), ...again);
    expect(received('new')).toEqual([1, 2, 3].map((each) => last + each));
  });

  test('is marked as broadcast in the index of all its members once it is large', async () => {
    await distribute(channelOf(limit));
    expect(await distribution.broadcastConversations('old')).toEqual([]);
    await distribute(joins('new'));
    await isIndexedOfEverybody();
  });

  test.each(['indexing', 'delivery'] as const)('is marked also after a crash before %s', async (moment) => {
    await distribute(channelOf(limit));
    const last = joins('new');
    distribution.diesBefore = moment;
    await expect(distribute(last)).rejects.toThrow();
    distribution.diesBefore = null;
    await distribution.restart();
    await distribute(last);
    await isIndexedOfEverybody();
  });

  test('stays broadcast when it shrinks below the limit', async () => {
    await distribute(channelOf(limit + 1), leaves('old'), says());
    expect(lastCopy('owner')).toMatchObject({ broadcast: true, recipientIds: ['owner'], entry: { seq: 3 } });
    expect(received('old')).toEqual([1, 2]);
  });
});
