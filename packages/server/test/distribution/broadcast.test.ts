import { beforeEach, describe, expect, test } from 'bun:test';
import { limits, type UserId } from '@parley/protocol';
import { type Command, type CommandFields, serverCommandId } from '../../src/distribution/command.ts';
import { bothWaysMembers } from '../../src/distribution/route.ts';
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

describe('a conversation that has many members', () => {
  let distribution: DistributionUnderTest;
  beforeEach(async () => {
    distribution = await DistributionUnderTest.start(['owner', 'old', 'new']);
  });

  const distribute = async (...commands: Command[]) => {
    for (const command of commands) await distribution.distribute([command]);
  };
  const isIndexedOfEverybody = async () => {
    for (const userId of ['owner', 'old', 'new']) {
      expect(await distribution.broadcastConversations(userId)).toEqual([conversationId]);
    }
  };
  const received = (userId: UserId) => distribution.received(userId, conversationId);
  const lastCopy = (userId: UserId) => distribution.copies(userId).at(-1);

  test(`is told to its members' servers, up to ${limit} of them`, async () => {
    await distribution.addInterest('new', conversationId);
    await distribute(channelOf(limit), says());
    expect(lastCopy('old')).toMatchObject({ broadcast: false, interested: false, recipientIds: ['old'] });
    expect(received('old')).toEqual([1, 2]);
    expect(distribution.copies('new')).toEqual([]);
  });

  test('is told both ways from the one that passes the limit, so that no server misses the change', async () => {
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

  test('is told to interested servers alone when it is larger still, one copy each', async () => {
    await distribution.addInterest('old', conversationId);
    await distribute(channelOf(bothWaysMembers + 1), says());
    expect(lastCopy('old')).toMatchObject({ interested: true, recipientIds: [], entry: { seq: 2 } });
    expect(distribution.copies('old')).toHaveLength(2);
    expect(lastCopy('owner')?.entry.seq).toBe(1);
  });

  test('tells whoever an entry is about themselves, however large it is', async () => {
    await distribute(channelOf(bothWaysMembers + 9), joins('new'), says());
    expect(received('new')).toEqual([2]);
    await distribute({ ...by('owner'), kind: 'set_role', userId: 'new', role: 'admin' }, says());
    expect(received('new')).toEqual([2, 4]);
    await distribute({ ...by('owner'), kind: 'remove', userId: 'new' }, says(), adds('new'), leaves('new'));
    expect(received('new')).toEqual([2, 4, 6, 8, 9]);
    expect(received('old')).toEqual([1]);
  });

  test('tells them also when they come and go within one batch', async () => {
    await distribute(channelOf(bothWaysMembers + 9));
    const comesAndGoes = [joins('new'), leaves('new'), says(), joins('new'), says(), leaves('new')];
    await distribution.distribute(comesAndGoes);
    expect(received('new')).toEqual([2, 3, 5, 7]);
  });

  test('tells nobody again what was before their present membership (contract 8)', async () => {
    const again = [joins('new'), { ...by('owner'), kind: 'remove', userId: 'new' } as const];
    await distribute(channelOf(bothWaysMembers + 9), ...again, joins('new'), ...again);
    expect(received('new')).toEqual([2, 3, 4]);
  });

  test('is one of everybody in it by the index, which says so from when it is large', async () => {
    await distribute(channelOf(limit));
    expect(await distribution.broadcastConversations('old')).toEqual([]);
    await distribute(joins('new'));
    await isIndexedOfEverybody();
  });

  test.each(['indexing', 'delivery'] as const)('is so also after a crash before %s', async (moment) => {
    await distribute(channelOf(limit));
    const last = joins('new');
    distribution.diesBefore = moment;
    await expect(distribute(last)).rejects.toThrow();
    distribution.diesBefore = null;
    await distribution.restart();
    await distribute(last);
    await isIndexedOfEverybody();
  });

  test('stays one for interested servers when it shrinks below the limit', async () => {
    await distribute(channelOf(limit + 1), leaves('old'), says());
    expect(lastCopy('owner')).toMatchObject({ broadcast: true, recipientIds: ['owner'], entry: { seq: 3 } });
    expect(received('old')).toEqual([1, 2]);
  });
});
