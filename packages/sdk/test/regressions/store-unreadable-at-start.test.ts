import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, ParleyClient } from '../../src/index.ts';
import { ana, conversation } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { collect } from '../support/until.ts';

/** A store of which one method rejects when it is first called. */
class FirstReadFails extends MemoryStore {
  constructor(private failing: 'session' | 'conversations' | 'deviceSecrets' | null) {
    super();
  }

  override async session() {
    return this.unlessFirst('session', () => super.session());
  }

  override async conversations() {
    return this.unlessFirst('conversations', () => super.conversations());
  }

  override async deviceSecrets() {
    return this.unlessFirst('deviceSecrets', () => super.deviceSecrets());
  }

  private unlessFirst<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
    if (this.failing !== name) return read();
    this.failing = null;
    return Promise.reject(new DOMException('the backing store was not opened', 'UnknownError'));
  }
}

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});

async function clientOf(store: MemoryStore): Promise<ParleyClient> {
  await store.setSession({ token: 'secret', account: ana, catchUp: 'done' });
  await store.putConversation({ conversation: conversation(3), position: 3 });
  await store.setDeviceSecrets(['secret of this device']);
  return new ParleyClient({ url: 'https://chat.example', store, runtime: api.runtime });
}

for (const failing of ['session', 'conversations', 'deviceSecrets'] as const) {
  test(`the account is unknown while \`${failing}\` of the store fails, and known when it works again`, async () => {
    const client = await clientOf(new FirstReadFails(failing));
    const storage = collect(client, 'storage');
    expect([await client.resume(), client.isAccountUnknown]).toEqual([null, true]);
    await api.runtime.pass(60_000);
    expect(storage).toEqual([{ available: false }, { available: true }]);
    expect([await client.resume(), client.isAccountUnknown]).toEqual([ana, false]);
    expect(client.conversations.list()).toHaveLength(1);
  });
}

test('the account of an empty store is not unknown', async () => {
  const client = new ParleyClient({ url: 'https://chat.example', store: new MemoryStore(), runtime: api.runtime });
  expect([await client.resume(), client.isAccountUnknown]).toEqual([null, false]);
});

test('an account that logs in while the store cannot be read is known', async () => {
  const client = await clientOf(new FirstReadFails('session'));
  await client.resume();
  const session = { id: ana.id, device: null, createdAtMs: 1, lastUsedAtMs: 1, current: true };
  api.intervene = () => Response.json({ token: 'new', session, account: ana });
  await client.login({ username: 'ana', password: 'a good password' });
  await api.runtime.pass(60_000);
  expect([await client.resume(), client.isAccountUnknown]).toEqual([ana, false]);
});
