import { beforeAll, describe, expect, test } from 'bun:test';
import type { ConversationId } from '@parley/protocol';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';

const absent = withoutService('postgres');
describe.skipIf(absent !== null)(titleWith('two distributors amend in one conversation on PostgreSQL', absent), () => {
  const ana = systemIds.uuid();
  let distributors: ConversationsUnderTest[];
  let stores: ReturnType<typeof postgresStores>;
  let conversationId: ConversationId;

  beforeAll(async () => {
    const database = await emptyDatabase();
    // Each store serializes only its own batches.
    const [one, other] = [postgresStores(database), postgresStores(database)];
    stores = one;
    distributors = [one, other].map((each) => new ConversationsUnderTest(each));
    conversationId = (await distributors[0]?.create(ana)) ?? '';
    await distributors[0]?.send(conversationId, ana, 'first');
  });

  test('with revisions in one order, and both see the last state (race 3)', async () => {
    const edits = Array.from({ length: 24 }, (_, index) => ({
      ...{ conversationId, actorId: ana, commandId: `${index}` },
      ...({ kind: 'edit', seq: 2, text: `text ${index}`, acceptedAtMs: 0 } as const),
    }));
    const results = await Promise.all(edits.map((edit, index) => distributors[index % 2]?.carryOut(edit)));
    const revisions = results.map((result) => {
      const [outcome] = result?.outcomes ?? [];
      return outcome?.kind === 'amended' ? outcome.revision : 0;
    });
    expect(revisions.toSorted((a, b) => a - b)).toEqual(edits.map((_, index) => index + 1));
    const last = edits[revisions.indexOf(edits.length)]?.text ?? '';
    const changes = { conversationId, after: 0, fromSeq: 1, limit: 10, textBytes: 1e6 };
    expect(await stores.history.changes(changes)).toMatchObject([{ seq: 2, revision: edits.length, text: last }]);
  });

  test('so that a reaction of one user is counted once', async () => {
    const react = { conversationId, actorId: ana, kind: 'react', seq: 2, emoji: '👍', set: true } as const;
    await Promise.all(
      distributors.flatMap((distributor, index) => [
        distributor.carryOut({ ...react, commandId: `react ${index}` }),
        distributor.carryOut({ ...react, commandId: `react again ${index}` }),
      ]),
    );
    const [message] = await stores.history.messages(conversationId, [2]);
    expect(message?.reactions).toEqual([{ emoji: '👍', count: 1 }]);
    const reaction = { conversationId, seq: 2, emoji: '👍' };
    expect(await stores.history.reactedUsers(reaction, { after: null, limit: 10 })).toEqual([ana]);
  });
});
