import { expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { DistributionUnderTest } from './distribution-under-test.ts';
import { conversationIds } from './scripts.ts';

const conversationId = conversationIds[2] ?? '';
const open: Command = { kind: 'open_direct', conversationId, actorId: 'ana', commandId: ' 1', partnerId: 'ben' };

const outcomes = (distribution: DistributionUnderTest) =>
  distribution.told('ana').flatMap((delivery) => (delivery.kind === 'outcome' ? [delivery.outcome] : []));

test('a command that the store cannot write is refused once, and is not carried out later', async () => {
  const distribution = await DistributionUnderTest.start(['ana', 'ben']);
  distribution.takesNoWritesFrom = 'deciding';
  await distribution.distribute([open]);
  expect(outcomes(distribution)).toMatchObject([{ kind: 'refused', code: 'unavailable', retryAfterMs: 2_000 }]);

  distribution.takesNoWritesFrom = null;
  await distribution.retry();
  expect(outcomes(distribution)).toHaveLength(1);
  expect(await distribution.log(conversationId)).toEqual([]);
});

test('a command whose entry is on disk is never refused: the entry is indexed and routed once the store can be written', async () => {
  const distribution = await DistributionUnderTest.start(['ana', 'ben']);
  distribution.takesNoWritesFrom = 'indexing';
  await expect(distribution.distribute([open])).rejects.toThrow('the disk is full');
  expect(await distribution.log(conversationId)).toHaveLength(1);

  distribution.takesNoWritesFrom = 'deciding';
  await expect(distribution.retry()).rejects.toThrow('the disk is full');
  expect(outcomes(distribution)).toEqual([]);

  distribution.takesNoWritesFrom = null;
  await distribution.retry();
  expect(outcomes(distribution)).toMatchObject([{ kind: 'done' }]);
  expect(distribution.received('ana', conversationId)).toEqual([1]);
});
