import { expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { DistributionUnderTest } from './distribution-under-test.ts';

const [ana, ben] = ['ana', 'ben'];
const conversationId = 'group';
const creation: Command = {
  ...{ kind: 'create', conversationId, actorId: ana, commandId: serverCommandId('create'), userIds: [ben] },
  ...{ conversationKind: 'group', name: 'Name', description: '', announceOnly: false, history: 'all' },
};
const send = (text: string): Command => ({ kind: 'send', conversationId, actorId: ana, commandId: text, text });
/** A record that no version of Parley writes, on which the rule throws. */
const undecidable = { ...send('undecidable'), kind: 'add', userIds: null } as unknown as Command;

test('a command that cannot be decided is set aside; the commands around it are carried out, and its sender gets an outcome', async () => {
  const distribution = await DistributionUnderTest.start([ana, ben]);
  await distribution.distribute([creation]);
  await distribution.distribute([send('before'), undecidable, send('after')]);
  const log = await distribution.log(conversationId);
  const texts = log.map((entry) => (entry.kind === 'message' ? entry.text : entry.kind));
  expect(texts).toEqual(['created', 'before', 'after']);
  expect(distribution.received(ben, conversationId)).toEqual([1, 2, 3]);
  expect(distribution.setAside).toMatchObject([{ record: { command: { commandId: 'undecidable' } } }]);
  expect(distribution.told(ana)).toContainEqual({
    ...{ kind: 'outcome', requestId: 'undecidable' },
    outcome: { kind: 'refused', code: 'internal', detail: expect.any(String) },
  });
});

test('the sender of a malformed command gets an outcome, and the command is counted', async () => {
  const distribution = await DistributionUnderTest.start([ana, ben]);
  await distribution.meetMalformed(ana, 'malformed');
  expect(distribution.told(ana)).toEqual([
    {
      ...{ kind: 'outcome', requestId: 'malformed' },
      outcome: { kind: 'refused', code: 'internal', detail: expect.any(String) },
    },
  ]);
  expect(await distribution.countedAside()).toBe(1);
});

test('nothing is set aside while a service is unavailable: the batch comes again', async () => {
  const distribution = await DistributionUnderTest.start([ana, ben]);
  distribution.diesBefore = 'delivery';
  await expect(distribution.distribute([creation, send('text')])).rejects.toThrow('the process is gone');
  expect(distribution.setAside).toEqual([]);
});
