import { describe, expect, test } from 'bun:test';
import { limits, type UserId } from '@parley/protocol';
import type { Command } from '../../src/conversations/command.ts';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { Shard } from '../distribution/shard.ts';
import { by, came, create, directId, role, shardAfter, verdict, type Wanted } from '../distribution/situations.ts';

const leave = { kind: 'leave' } as const;
const add = (...userIds: UserId[]): Wanted => ({ kind: 'add', userIds });
const remove = (userId: UserId): Wanted => ({ kind: 'remove', userId });
const ban = (userId: UserId): Wanted => ({ kind: 'ban', userId });
const unban = (userId: UserId): Wanted => ({ kind: 'unban', userId });
const join: Wanted = { kind: 'join' };
const say: Wanted = { kind: 'send', text: 'text' };
const wishes: Wanted[] = [
  ...[say, leave, add('stranger'), remove('member'), { kind: 'update', name: 'new' } as const],
  { kind: 'set_role', userId: 'member', role: 'admin' },
  { kind: 'ban', userId: 'member' },
  { kind: 'unban', userId: 'member' },
];

describe('a user who is not a member', () => {
  test.each(wishes)('gets the same refusal as for a missing conversation: $kind', (wanted) => {
    const shard = shardAfter({}, by('other', leave));
    const nowhere = verdict(shard, by('stranger', wanted, 'nowhere'));
    expect(nowhere).toMatchObject({ kind: 'refused', code: 'not_found' });
    for (const userId of ['stranger', 'other']) expect(verdict(shard, by(userId, wanted))).toEqual(nowhere);
    expect(verdict(shard, by('stranger', wanted, directId))).toEqual(nowhere);
  });

  test('can join only channels that are not closed', () => {
    const join = by('stranger', { kind: 'join' });
    const nowhere = verdict(new Shard(), join);
    expect(nowhere).toMatchObject({ kind: 'refused', code: 'not_found' });
    expect(came(shardAfter({ conversationKind: 'channel' }), join)).toBe('joined');
    expect(verdict(shardAfter(), join)).toEqual(nowhere);
    expect(verdict(shardAfter(), by('stranger', { kind: 'join' }, directId))).toEqual(nowhere);
    const closed = Shard.after([[create({ conversationKind: 'channel', userIds: [] }), by('owner', leave)]]);
    expect(verdict(closed, join)).toEqual(nowhere);
  });

  test('can rejoin a channel; a member cannot join twice', () => {
    const shard = shardAfter({ conversationKind: 'channel' }, by('other', leave));
    expect(came(shard, by('other', { kind: 'join' }))).toBe('joined');
    expect(came(shard, by('member', { kind: 'join' }))).toBe('unchanged');
  });

  test('cannot create a conversation under an id in use, and does not learn that it exists', () => {
    expect(came(shardAfter(), create())).toBe('not_found');
  });
});

describe('roles', () => {
  const allowed: [UserId, Wanted, string][] = [
    ['member', add('stranger'), 'forbidden'],
    ['admin', add('stranger'), 'added'],
    ['owner', add('stranger'), 'added'],
    ['member', remove('other'), 'forbidden'],
    ['member', remove('member'), 'forbidden'],
    ['admin', remove('member'), 'removed'],
    ['admin', remove('other admin'), 'forbidden'],
    ['admin', remove('admin'), 'removed'],
    ['admin', remove('owner'), 'forbidden'],
    ['admin', remove('stranger'), 'not_found'],
    ['owner', remove('admin'), 'removed'],
    ['owner', remove('owner'), 'last_owner'],
    ['member', ban('other'), 'forbidden'],
    ['member', ban('stranger'), 'forbidden'],
    ['admin', ban('member'), 'banned'],
    ['admin', ban('stranger'), 'banned'],
    ['admin', ban('other admin'), 'forbidden'],
    ['admin', ban('owner'), 'forbidden'],
    ['admin', ban('admin'), 'forbidden'],
    ['owner', ban('admin'), 'banned'],
    ['owner', ban('owner'), 'forbidden'],
    ['member', unban('stranger'), 'forbidden'],
    ['admin', unban('stranger'), 'unchanged'],
    ['member', { kind: 'set_role', userId: 'member', role: 'admin' }, 'forbidden'],
    ['admin', { kind: 'set_role', userId: 'member', role: 'admin' }, 'forbidden'],
    ['owner', { kind: 'set_role', userId: 'member', role: 'admin' }, 'role'],
    ['owner', { kind: 'set_role', userId: 'member', role: 'member' }, 'unchanged'],
    ['owner', { kind: 'set_role', userId: 'stranger', role: 'admin' }, 'not_found'],
    ['owner', { kind: 'set_role', userId: 'owner', role: 'admin' }, 'last_owner'],
    ['owner', { kind: 'set_role', userId: 'owner', role: 'owner' }, 'unchanged'],
    ['member', { kind: 'update', name: 'new' }, 'forbidden'],
    ['admin', { kind: 'update', name: 'new' }, 'updated'],
    ['owner', { kind: 'update', name: 'new' }, 'updated'],
    ['member', leave, 'left'],
    ['admin', leave, 'left'],
    ['owner', leave, 'last_owner'],
    ['member', say, 'message'],
  ];
  test.each(allowed)('%s asks %j: %s', (actorId, wanted, outcome) => {
    expect(came(shardAfter(), by(actorId, wanted))).toBe(outcome);
  });

  test('an owner may leave or step down if there is another owner, or leave as the last member', () => {
    const two = shardAfter({}, role('member', 'owner'));
    expect(came(two, by('owner', leave))).toBe('left');
    expect(came(two, by('owner', remove('owner')))).toBe('removed');
    expect(came(two, role('owner', 'member'))).toBe('role');
    const again = shardAfter({}, role('member', 'owner'), role('owner', 'admin'));
    expect(came(again, by('member', leave))).toBe('last_owner');
    const alone = Shard.after([[create({ userIds: [] })]]);
    expect(came(alone, by('owner', leave))).toBe('left');
  });

  test('only owners and admins write in announce-only conversations', () => {
    const shard = shardAfter({ announceOnly: true });
    const outcomes = ['owner', 'admin', 'member'].map((userId) => came(shard, by(userId, say)));
    expect(outcomes).toEqual(['message', 'message', 'announce_only']);
    const open = shardAfter({ announceOnly: true }, by('owner', { kind: 'update', announceOnly: false }));
    expect(came(open, by('member', say))).toBe('message');
  });

  test('the creator is the owner, and every named user is a member once', () => {
    const shard = Shard.after([[create({ userIds: ['member', 'owner', 'member'] })]]);
    const roles = shard.members('group').map(({ userId, role: each }) => [userId, each]);
    expect(roles).toEqual([
      ['owner', 'owner'],
      ['member', 'member'],
    ]);
    expect(shard.log('group')).toMatchObject([{ kind: 'created', userIds: ['owner', 'member'] }]);
  });
});

describe('members', () => {
  test('that are added are listed once, without existing members', () => {
    const added = verdict(shardAfter({}, by('other', leave)), by('owner', add('stranger', 'member', 'other', 'other')));
    expect(added).toMatchObject({ kind: 'step', step: { entry: { kind: 'added', userIds: ['stranger', 'other'] } } });
    expect(came(shardAfter(), by('owner', add('member', 'other')))).toBe('already_member');
  });

  test('are bounded in number', () => {
    const most = limits.membersPerConversation;
    const channel = shardAfter({ conversationKind: 'channel' });
    const outcomes = (memberCount: number) => [
      came(channel, by('stranger', { kind: 'join' }), { memberCount }),
      came(channel, by('owner', add('stranger')), { memberCount }),
      came(channel, by('owner', add('stranger', 'another')), { memberCount }),
    ];
    expect(outcomes(most)).toEqual(['conversation_full', 'conversation_full', 'conversation_full']);
    expect(outcomes(most - 1)).toEqual(['joined', 'added', 'conversation_full']);
    expect(outcomes(most - 2)).toEqual(['joined', 'added', 'added']);
  });
});

describe('a banned user', () => {
  const banned = (by_: UserId = 'admin', ...since: Command[]) =>
    shardAfter({ conversationKind: 'channel' }, by(by_, ban('member')), ...since);

  test('is removed by the entry that bans, which says so', () => {
    const shard = banned();
    const fields = { conversationId: 'group', seq: 4, messageCount: 0, atMs: 1_000, senderId: 'admin' };
    expect(shard.log('group').at(-1)).toEqual({ kind: 'banned', ...fields, userId: 'member', wasMember: true });
    expect(shard.participant('group', 'member')).toMatchObject({ leftSeq: 4 });
    expect(shard.head('group')).toMatchObject({ memberCount: 4, membershipSeq: 4, banCount: 1 });
  });

  test('who was no member changes no membership', () => {
    const shard = shardAfter({}, by('owner', ban('stranger')));
    expect(shard.log('group').at(-1)).toMatchObject({ kind: 'banned', userId: 'stranger', wasMember: false });
    expect(shard.participant('group', 'stranger')).toBeUndefined();
    expect(shard.head('group')).toMatchObject({ memberCount: 5, membershipSeq: 3, banCount: 1 });
  });

  test('can neither join nor be added, also after having left, until the ban is lifted', () => {
    const shard = banned();
    expect(verdict(shard, by('member', join))).toMatchObject({ code: 'banned' });
    const adding = verdict(shard, by('owner', add('stranger', 'member', 'other')));
    expect(adding).toMatchObject({ code: 'user_banned', detail: expect.stringContaining('member') });
    expect(adding).not.toMatchObject({ detail: expect.stringContaining('stranger') });
    const left = shardAfter({ conversationKind: 'channel' }, by('member', leave), by('owner', ban('member')));
    expect([came(left, by('member', join)), came(left, by('owner', add('member')))]).toEqual(['banned', 'user_banned']);
    const lifted = banned('admin', by('owner', unban('member')));
    expect([came(lifted, by('member', join)), came(lifted, by('owner', add('member')))]).toEqual(['joined', 'added']);
    expect(lifted.head('group').banCount).toBe(0);
  });

  test('learns of a group and of a closed channel no more than a stranger', () => {
    const group = shardAfter({}, by('owner', ban('member')));
    expect(verdict(group, by('member', join))).toEqual(verdict(group, by('stranger', join)));
    const creation = create({ conversationKind: 'channel', userIds: [] });
    const closed = Shard.after([[creation, by('owner', ban('member')), by('owner', leave)]]);
    expect(verdict(closed, by('member', join))).toEqual(verdict(closed, by('stranger', join)));
    for (const wanted of wishes) {
      expect(verdict(banned(), by('member', wanted))).toEqual(verdict(banned(), by('stranger', wanted)));
    }
  });

  test('is banned once, and unbanned once', () => {
    expect(came(banned(), by('owner', ban('member')))).toBe('unchanged');
    const lifted = banned('admin', by('owner', unban('member')));
    expect([came(lifted, by('admin', unban('member'))), came(lifted, by('admin', ban('member')))]).toEqual([
      'unchanged',
      'banned',
    ]);
  });

  test('is banned by the first of two admins; of two who ban each other, the first in the log stays', () => {
    const both = banned('admin', by('other admin', ban('member')));
    expect(both.outcomes.at(-1)).toEqual({ kind: 'unchanged' });
    const owners = shardAfter({}, role('admin', 'owner'), by('owner', ban('admin')), by('admin', ban('owner')));
    expect(owners.outcomes.slice(-2)).toMatchObject([{ kind: 'done' }, { code: 'not_found' }]);
    expect(owners.members('group').map(({ userId }) => userId)).toContain('owner');
  });

  test('is decided in the order of the log against joining and leaving', () => {
    const channel = { conversationKind: 'channel' } as const;
    const [joins, bans] = [by('stranger', join), by('owner', ban('stranger'))];
    expect(shardAfter(channel, joins, bans).log('group').slice(-2)).toMatchObject([
      { kind: 'joined' },
      { kind: 'banned', wasMember: true },
    ]);
    const banFirst = shardAfter(channel, bans, joins);
    expect(banFirst.outcomes.slice(-2)).toMatchObject([{ kind: 'done' }, { code: 'banned' }]);
    const leaveFirst = shardAfter(channel, by('member', leave), by('owner', ban('member')));
    expect(leaveFirst.log('group').at(-1)).toMatchObject({ kind: 'banned', wasMember: false });
    expect(banned('owner', by('member', leave)).outcomes.at(-1)).toMatchObject({ code: 'not_found' });
  });

  test('is one of at most as many as a conversation may ban', () => {
    const most = limits.bansPerConversation;
    expect(came(shardAfter(), by('owner', ban('stranger')), { banCount: most })).toBe('too_many_bans');
    expect(came(shardAfter(), by('owner', ban('stranger')), { banCount: most - 1 })).toBe('banned');
    const full = banned();
    expect(came(full, by('owner', ban('member')), { banCount: most })).toBe('unchanged');
    expect(came(full, by('owner', unban('member')), { banCount: most })).toBe('unbanned');
  });
});

describe('a direct conversation', () => {
  const open = (actorId: UserId, partnerId: UserId, where = directId) =>
    by(actorId, { kind: 'open_direct', partnerId }, where);

  test('is opened by either user, once (race 10)', () => {
    const outcomes = [open('owner', 'member'), open('member', 'owner')].map((command) => came(new Shard(), command));
    expect(outcomes).toEqual(['created', 'created']);
    expect(came(shardAfter(), open('member', 'owner'))).toBe('unchanged');
  });

  test('has the id that is derived from its two different users', () => {
    const alone = open('owner', 'owner', directConversationId('owner', 'owner'));
    for (const command of [open('owner', 'stranger'), open('owner', 'member', 'group'), alone]) {
      expect(came(new Shard(), command)).toBe('not_found');
    }
  });

  test('keeps its two users, who can write, and has no name', () => {
    const outcomes = wishes.map((wanted) => came(shardAfter(), by('member', wanted, directId)));
    expect(outcomes).toEqual(['message', ...wishes.slice(1).map(() => 'not_for_direct')]);
  });
});

test('an update lists its changes, and makes no entry without any', () => {
  const same = { name: 'name', description: 'about', announceOnly: false };
  expect(came(shardAfter(), by('owner', { kind: 'update', ...same }))).toBe('unchanged');
  expect(came(shardAfter(), by('owner', { kind: 'update' }))).toBe('unchanged');
  for (const change of [{ name: 'new' }, { description: '' }, { announceOnly: true }]) {
    const shard = shardAfter({}, by('owner', { kind: 'update', ...same, ...change }));
    const fields = { conversationId: 'group', seq: 4, messageCount: 0, atMs: 1_000, senderId: 'owner' };
    expect(shard.log('group').at(-1)).toEqual({ kind: 'updated', ...fields, ...change });
    expect(shard.head('group')).toEqual({ ...shardAfter().head('group'), headSeq: 4, ...change });
  }
});
