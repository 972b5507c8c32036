import { expect, test } from 'bun:test';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import type { Command } from '../../src/conversations/command.ts';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { HistoryRestored } from '../../src/distribution/command-log-port.ts';
import type { LogReach } from '../../src/history/history-port.ts';
import { DistributionUnderTest } from './distribution-under-test.ts';

const [ana, ben] = ['ana', 'ben'];
const conversationId = 'group';
const creation: Command = {
  ...{ kind: 'create', conversationId, actorId: ana, commandId: serverCommandId('create'), userIds: [ben] },
  ...{ conversationKind: 'group', name: 'Name', description: '', announceOnly: false, history: 'all' },
};
const by = (actorId: string, commandId: string) => ({ conversationId, actorId, commandId });
const add: Command = { ...by(ana, ' add'), kind: 'add', userIds: [ben] };
const remove: Command = { ...by(ana, ' remove'), kind: 'remove', userId: ben };
const send: Command = { ...by(ana, 'text'), kind: 'send', text: 'text' };

const reach = (from: number, to: number, logId = 'log'): LogReach[] => [{ partition: 0, logId, from, to }];
const kinds = async (distribution: DistributionUnderTest) =>
  (await distribution.log(conversationId)).map(({ kind }) => kind);
const outcomesOf = (told: readonly Delivery[], requestId: string) =>
  told.flatMap((delivery) =>
    delivery.kind === 'outcome' && delivery.requestId === requestId ? [delivery.outcome] : [],
  );

/** Ben is a member, is added (which is refused), and removed. */
async function distributionAfter(): Promise<DistributionUnderTest> {
  const distribution = await DistributionUnderTest.start([ana, ben]);
  await distribution.distribute([creation, add, remove], { from: 10, reaches: reach(10, 13) });
  expect(await kinds(distribution)).toEqual(['created', 'removed']);
  return distribution;
}

test('a command that was refused and comes again after a crash stays without effect, whatever followed it', async () => {
  const distribution = await distributionAfter();
  await distribution.restart();
  await distribution.distribute([creation, add, remove, send], { from: 10, reaches: reach(10, 14) });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'message']);
  const [first, again] = outcomesOf(distribution.told(ana), ' add');
  expect(first).toMatchObject({ kind: 'refused', code: 'already_member' });
  expect(again).toMatchObject({ kind: 'refused', code: 'unavailable' });
  expect(outcomesOf(distribution.told(ana), ' remove')).toMatchObject([{ entry: { seq: 2 } }, { entry: { seq: 2 } }]);
});

test('a command that would be refused again gets that refusal', async () => {
  const distribution = await DistributionUnderTest.start([ana, ben]);
  await distribution.distribute([creation, add], { from: 10, reaches: reach(10, 12) });
  await distribution.distribute([creation, add], { from: 10, reaches: reach(10, 12) });
  const refused = { kind: 'refused', code: 'already_member' };
  expect(outcomesOf(distribution.told(ana), ' add')).toMatchObject([refused, refused]);
});

test('a new submission of it is decided again', async () => {
  const distribution = await distributionAfter();
  await distribution.distribute([add], { from: 13, reaches: reach(13, 14) });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'added']);
});

test('a recreated log is decided from its start', async () => {
  const distribution = await distributionAfter();
  await distribution.distribute([send], { from: 0, reaches: reach(0, 1, 'another log') });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'message']);
  await distribution.distribute([add], { from: 0, reaches: reach(0, 1, 'another log') });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'message']);
});

test('a restored history decides nothing new before it has the missing entries', async () => {
  const distribution = await distributionAfter();
  const early = distribution.distribute([send], { from: 20, reaches: reach(20, 21) });
  expect(await early.catch((error: unknown) => error)).toEqual(new HistoryRestored(new Map([[0, 13]])));
  expect(await kinds(distribution)).toEqual(['created', 'removed']);
  await distribution.distribute([], { from: 13, reaches: reach(13, 20) });
  await distribution.distribute([send], { from: 20, reaches: reach(20, 21) });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'message']);
});

test('a command that is set aside is decided by that, and the commands around it at their positions', async () => {
  const distribution = await distributionAfter();
  const undecidable = { ...add, commandId: ' undecidable', userIds: null } as unknown as Command;
  const batch = [send, undecidable, { ...send, commandId: 'more' }];
  await distribution.distribute(batch, { from: 15, reaches: reach(13, 19) });
  expect(await kinds(distribution)).toEqual(['created', 'removed', 'message', 'message']);
  expect(distribution.setAside).toHaveLength(1);
  await distribution.distribute([add], { from: 18, reaches: reach(18, 19) });
  expect(await kinds(distribution)).toHaveLength(4);
  await distribution.distribute([add], { from: 19, reaches: reach(19, 20) });
  expect(await kinds(distribution)).toHaveLength(5);
});
