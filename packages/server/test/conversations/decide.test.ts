import { describe, expect, test } from 'bun:test';
import { limits, type UserId } from '@parley/protocol';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { Shard } from '../distribution/shard.ts';
import { by, came, create, directId, role, shardAfter, verdict, type Wanted } from '../distribution/situations.ts';

const leave = { kind: 'leave' } as const;
const add = (...userIds: UserId[]): Wanted => ({ kind: 'add', userIds });
const remove = (userId: UserId): Wanted => ({ kind: 'remove', userId });
const say: Wanted = { kind: 'send', text: 'text' };
const wishes: Wanted[] = [
  ...[say, leave, add('stranger'), remove('member'), { kind: 'update', name: 'new' } as const],
  { kind: 'set_role', userId: 'member', role: 'admin' },
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
      came(channel, by('stranger', { kind: 'join' }), memberCount),
      came(channel, by('owner', add('stranger')), memberCount),
      came(channel, by('owner', add('stranger', 'another')), memberCount),
    ];
    expect(outcomes(most)).toEqual(['conversation_full', 'conversation_full', 'conversation_full']);
    expect(outcomes(most - 1)).toEqual(['joined', 'added', 'conversation_full']);
    expect(outcomes(most - 2)).toEqual(['joined', 'added', 'added']);
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
