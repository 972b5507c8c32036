import type { ConversationId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { Command } from '../../src/conversations/command.ts';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';

export const userIds: readonly UserId[] = ['ana', 'ben', 'cleo', 'dan'];
const directId = directConversationId('ana', 'ben');
export const conversationIds: readonly ConversationId[] = ['group', 'channel', directId];

/** Commands of several people, in the order of the log. */
export interface Script {
  commands: Command[];
  /** The division into batches: true after the last command of each. */
  cuts: boolean[];
}

const user = fc.constantFrom(...userIds);
const people = fc.uniqueArray(user, { maxLength: 3 });
const notDirect = fc.constantFrom<ConversationId>('group', 'channel');
const anywhere = fc.oneof({ weight: 4, arbitrary: notDirect }, { weight: 1, arbitrary: fc.constant(directId) });
// The ids and texts are few, so that some repeat, with the same text and with different ones.
const clientMessageId = fc.nat(12).map((number) => `m${number}`);
const commandId = fc.nat(400).map((number) => serverCommandId(`${number}`));
const text = fc.constantFrom('one', 'other');

function creation(conversationId: 'group' | 'channel'): fc.Arbitrary<Command> {
  return fc.record({
    kind: fc.constant('create' as const),
    conversationId: fc.constant(conversationId),
    actorId: user,
    commandId,
    conversationKind: fc.constant(conversationId),
    name: fc.constant('name'),
    description: fc.constant(''),
    announceOnly: fc.boolean(),
    history: fc.constantFrom('all' as const, 'since_joining' as const),
    userIds: fc.uniqueArray(user, { minLength: 2, maxLength: 4 }),
  });
}

const opening: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('open_direct' as const),
  ...{ conversationId: fc.constant(directId), actorId: user, commandId, partnerId: user },
});

const fields = { conversationId: anywhere, actorId: user, commandId };
const sending: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('send' as const),
  ...{ conversationId: anywhere, actorId: user, commandId: clientMessageId, text },
});
const changing: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), ...fields }),
  fc.record({ kind: fc.constant('add' as const), ...fields, userIds: people }),
  fc.record({ kind: fc.constant('remove' as const), ...fields, userId: user }),
  fc.record({ kind: fc.constantFrom('ban' as const, 'unban' as const), ...fields, userId: user }),
  fc.record({
    kind: fc.constant('set_role' as const),
    ...{ ...fields, userId: user, role: fc.constantFrom('owner' as const, 'admin' as const, 'member' as const) },
  }),
  fc.record({ kind: fc.constant('update' as const), ...fields, name: text, announceOnly: fc.boolean() }),
);

const amendmentId = fc.nat(40).map((number) => `a${number}`);
const amended = {
  conversationId: anywhere,
  actorId: user,
  commandId: amendmentId,
  seq: fc.integer({ min: 1, max: 8 }),
};
const amending: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('edit' as const), ...amended, text: fc.constantFrom('one', 'other', 'third') },
    ...{ acceptedAtMs: fc.constant(1_000), editWindowMs: fc.constant(undefined) },
  }),
  fc.record({ kind: fc.constant('delete' as const), ...amended }),
  fc.record({
    ...{ kind: fc.constant('react' as const), ...amended },
    ...{ emoji: fc.constantFrom('👍', '🎉'), set: fc.boolean() },
  }),
  fc.record({ kind: fc.constant('pin' as const), ...amended, set: fc.boolean() }),
);
const replying: fc.Arbitrary<Command> = fc.record({
  ...{ kind: fc.constant('send' as const), conversationId: anywhere, actorId: user, commandId: clientMessageId, text },
  replyTo: fc.integer({ min: 1, max: 20 }),
});

const command = fc.oneof(
  { weight: 10, arbitrary: sending },
  { weight: 15, arbitrary: changing },
  { weight: 14, arbitrary: amending },
  { weight: 2, arbitrary: replying },
  { weight: 1, arbitrary: fc.oneof(creation('group'), creation('channel'), opening) },
);
const directIsOpened: Command = {
  ...{ kind: 'open_direct', conversationId: directId, actorId: 'ana' },
  ...{ commandId: serverCommandId('open'), partnerId: 'ben' },
};

// Batches of random length, within which people leave and join again.
const cut = fc.nat(9).map((number) => number === 0);

/** The first messages of the group, so that many of the amendments that follow name a message of a member. */
const conversing = fc.array(
  sending.map((each) => ({ ...each, conversationId: 'group' })),
  { minLength: 4, maxLength: 10, size: 'max' },
);

/** Begins by creating all three conversations, which later commands need. */
export const script: fc.Arbitrary<Script> = fc
  .tuple(
    fc.tuple(creation('group'), creation('channel'), fc.constant(directIsOpened)),
    conversing,
    fc.array(command, { minLength: 1, maxLength: 60, size: 'max' }),
  )
  .map(([beginnings, messages, rest]) => [...beginnings, ...messages, ...rest])
  .chain((commands) =>
    fc.record({
      commands: fc.constant(commands),
      cuts: fc.array(cut, { minLength: commands.length, maxLength: commands.length }),
    }),
  );

export function batchesOf({ commands, cuts }: Script): Command[][] {
  const batches: Command[][] = [[]];
  for (const [index, each] of commands.entries()) {
    batches.at(-1)?.push(each);
    if (cuts[index]) batches.push([]);
  }
  return batches.filter((batch) => batch.length > 0);
}
