import { expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import type { Command } from '../../src/conversations/command.ts';
import { Replay } from '../../src/verification/replay.ts';
import { by, shardAfter, type Wanted } from '../distribution/situations.ts';

const ban = (userId: string): Command => by('owner', { kind: 'ban', userId });
const unban = (userId: string): Command => by('owner', { kind: 'unban', userId });
const join: Wanted = { kind: 'join' };

/** The faults after these commands, the last of which make the entries that `tamper` replaces. */
function faultsAfter(commands: readonly Command[], tamper: (entry: Entry) => Entry = (same) => same): string[] {
  const shard = shardAfter({ conversationKind: 'channel' }, ...commands);
  const replay = new Replay(shard.head('group'));
  for (const entry of shard.log('group')) replay.add(entry.seq, tamper(entry));
  return replay.end(shard.participants('group'), shard.bans('group'));
}

/** Replaces the entries of one kind. */
function replaced(kind: Entry['kind'], change: object): (entry: Entry) => Entry {
  return (entry) => (entry.kind === kind ? ({ ...entry, ...change } as Entry) : entry);
}

test('bans that follow from the entries are no fault', () => {
  const commands = [ban('member'), ban('stranger'), unban('stranger'), by('stranger', join), ban('stranger')];
  expect(faultsAfter(commands)).toEqual([]);
});

test('a banned user who became a member is a fault', () => {
  const faults = faultsAfter(
    [ban('stranger'), unban('stranger'), by('stranger', join)],
    replaced('unbanned', { kind: 'updated' }),
  );
  expect(faults).toContain('contract 3: entry 6 adds stranger, who was banned');
});

test('a ban of a member that does not end the membership is a fault', () => {
  const faults = faultsAfter([ban('member')], replaced('banned', { wasMember: false }));
  expect(faults).toContain('contract 3: entry 4 bans member, who was a member, without ending the membership');
});

test('a ban that was set, or lifted, twice is a fault', () => {
  const commands = [ban('stranger'), unban('stranger')];
  expect(faultsAfter(commands, replaced('unbanned', { kind: 'banned', wasMember: false }))).toContain(
    'contract 3: entry 5 bans stranger, who was banned',
  );
  expect(faultsAfter(commands, replaced('banned', { kind: 'unbanned' }))).toContain(
    'contract 3: entry 4 lifts the ban of stranger, who was not banned',
  );
});

test('rows of bans that differ from the entries, are missing or additional are faults', () => {
  const shard = shardAfter({ conversationKind: 'channel' }, ban('stranger'));
  const [row] = shard.bans('group');
  if (!row) throw new Error('there is a ban');
  const faultsWith = (...bans: (typeof row)[]) => {
    const replay = new Replay(shard.head('group'));
    for (const entry of shard.log('group')) replay.add(entry.seq, entry);
    return replay.end(shard.participants('group'), bans);
  };
  expect(faultsWith(row)).toEqual([]);
  expect(faultsWith()).toEqual(['contract 8: lacks the row of ban stranger, which its entries made']);
  expect(faultsWith(row, { ...row, userId: 'other' })).toEqual([
    'contract 8: has a row of ban other, which no entry made',
  ]);
  expect(faultsWith({ ...row, bannedBy: 'other' })).toEqual([
    'contract 8: ban stranger has bannedBy "other", but the entries make it "owner"',
  ]);
});
