import { expect, test } from 'bun:test';
import { runContract } from './adapter-under-test.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';
import { storageAdapters } from './storage-adapters.ts';
import { createUser } from './users-under-test.ts';

function describeTotalsContract(name: string, open: () => Promise<Stores>): void {
  test(`totals on ${name} are exact when nothing is written meanwhile`, async () => {
    const stores = await open();
    const none = { users: 0, conversations: 0, messages: 0 };
    expect(await stores.totals.read()).toMatchObject(none);
    const conversations = new ConversationsUnderTest(stores);
    const { id } = await createUser(stores.users, 'ana');
    const [first, second] = [await conversations.create(id), await conversations.create(id)];
    await conversations.send(first, id, 'one');
    await conversations.send(second, id, 'two');
    await conversations.leave(second, id);
    expect(await stores.totals.read()).toMatchObject({ users: 1, conversations: 1, messages: 2 });
    await stores.close();
  });
}

runContract(storageAdapters, describeTotalsContract);
