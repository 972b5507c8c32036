import { expect, test } from 'bun:test';
import type { StoredMessage } from '../../src/index.ts';
import { SteadyStore } from '../../src/store/steady-store.ts';
import { ana, conversation, roomId } from '../support/entries.ts';
import { FakeRuntime } from '../support/fake-runtime.ts';
import { FaultyStore } from '../support/faulty-store.ts';
import { idle } from '../support/idle.ts';

const message: StoredMessage = {
  ...{ clientMessageId: 'one', conversationId: roomId, text: 'text', order: 1, createdAtMs: 1 },
  failure: null,
};
const data = conversation(1);

const changes: [
  name: string,
  earlier: (store: SteadyStore) => Promise<void>,
  later: (store: SteadyStore) => Promise<void>,
][] = [
  ['a discarded message', (store) => store.putOutbox(message), (store) => store.deleteOutbox('one')],
  [
    'a conversation that the user left',
    (store) => store.putConversation({ conversation: data, position: 1 }),
    (store) => store.deleteConversation(roomId),
  ],
  [
    'an older session',
    (store) => store.setSession({ token: 'older', account: ana }),
    (store) => store.setSession(null),
  ],
];

for (const [name, earlier, later] of changes) {
  test(`a slow write that fails does not bring back ${name}`, async () => {
    const runtime = new FakeRuntime();
    const disk = new FaultyStore();
    const store = new SteadyStore(disk, runtime, () => undefined);
    disk.fault = 'hangs';
    const writes = [store.setDeviceSecrets(['secret'])];
    await runtime.pass(3_000);
    writes.push(earlier(store));
    // The first write fails, so that the store counts as unavailable; the earlier one is still running.
    await runtime.pass(2_500);
    writes.push(later(store));
    await runtime.pass(3_000);
    await Promise.all(writes);
    disk.fault = 'none';
    await runtime.pass(5 * 60_000);
    await idle();
    expect([await disk.outbox(), await disk.conversations(), await disk.session()]).toEqual([[], [], null]);
    expect(await disk.deviceSecrets()).toEqual(['secret']);
  });
}
