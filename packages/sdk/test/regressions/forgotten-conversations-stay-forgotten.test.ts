import { beforeEach, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { type Conversation, MemoryStore, type ParleyClient } from '../../src/index.ts';
import { ana, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { welcome } from '../support/frames.ts';
import { idle } from '../support/idle.ts';

/** Its reads of entries and deletions of conversations wait while `held` is set. */
class HeldStore extends MemoryStore {
  held: Promise<void> | null = null;

  override async entries(conversationId: string, page: { before?: number; limit: number }): Promise<Entry[]> {
    const entries = await super.entries(conversationId, page);
    await this.held;
    return entries;
  }

  override async deleteConversation(conversationId: string): Promise<void> {
    await super.deleteConversation(conversationId);
    await this.held;
  }
}

const otherId = '01900000-0000-7000-8000-000000000003';
let api: FakeApi;
let store: HeldStore;
let client: ParleyClient;
let room: Conversation;

beforeEach(async () => {
  api = new FakeApi();
  api.features = ['mark_unread', 'amendments'];
  api.write(otherId, 1);
  api.write(roomId, 20);
  api.read(roomId, 20);
  store = new HeldStore();
  client = await api.client(store);
  client.connect();
  await api.accept();
  const found = client.conversations.get(roomId);
  if (!found) throw new Error('the room is not in the list');
  room = found;
  await room.history({ after: 0, limit: 50 });
  await idle();
});

function hold(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  store.held = promise;
  return () => {
    store.held = null;
    resolve();
  };
}

/** The next response to a request of this path waits. */
function holdResponse(end: string, response?: Response): () => void {
  const { promise, resolve } = Promise.withResolvers<Response | undefined>();
  api.intervene = ({ pathname }) => (pathname.endsWith(end) ? promise : undefined);
  return () => resolve(response);
}

/** The user is removed from the room. */
async function removed(): Promise<void> {
  api.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: null });
  await idle();
}

async function expectForgotten(): Promise<void> {
  await idle();
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect((await store.conversations()).map(({ conversation }) => conversation.id)).not.toContain(roomId);
  expect(await store.entries(roomId, { limit: 50 })).toEqual([]);
}

test.each([
  ['leaves', removed],
  ['logs out', () => client.logout()],
])('another device marks a conversation as unread, and the user %s meanwhile', async (_, leave) => {
  const release = hold();
  api.runtime.socket.say(api.markUnread(roomId, 6));
  const left = leave();
  await idle();
  release();
  await left;
  await expectForgotten();
});

test('marking as unread is refused, and not sent, if the user leaves meanwhile', async () => {
  const release = hold();
  const marked = room.markUnread(6);
  await removed();
  release();
  await expect(marked).rejects.toMatchObject({ code: 'not_found' });
  await expectForgotten();
  expect(api.runtime.socket.of('unread')).toEqual([]);
});

test('a mark as unread is refused, and the user leaves before the present position arrives', async () => {
  await room.markUnread(6);
  const [frame] = api.runtime.socket.of('unread');
  const release = holdResponse(roomId);
  api.runtime.socket.say({ type: 'error', id: String(frame?.['id']), code: 'invalid_request', message: 'no' });
  await idle();
  await removed();
  release();
  await expectForgotten();
});

test('a page of the history arrives after the user has left', async () => {
  const release = holdResponse('/history');
  const page = room.history({ after: 0, limit: 50 });
  await idle();
  await removed();
  release();
  expect((await page).entries).toHaveLength(20);
  await expectForgotten();
});

test('the response to a change of the conversation arrives after the user has left', async () => {
  const release = holdResponse(roomId, Response.json(api.conversation(roomId)));
  const updated = room.update({ name: 'Pantry' });
  await idle();
  await removed();
  release();
  await updated;
  await expectForgotten();
});

test('the user logs out while the catch-up removes a conversation', async () => {
  api.runtime.socket.end(1006);
  await api.runtime.pass(60_000);
  const release = hold();
  const frame = welcome([api.conversation(roomId)], null, api.readRevision, api.features);
  api.runtime.socket.open();
  api.runtime.socket.say({ ...frame, homepage: { ...frame.homepage, left: [{ conversationId: otherId, atMs: 1 }] } });
  await idle();
  expect(client.conversations.get(otherId)).toBeUndefined();
  await client.logout();
  release();
  await expectForgotten();
});

test('the user logs out while the waiting amendments are loaded', async () => {
  await store.putAmendment({
    ...{ amendmentId: 'edit-1', userId: ana.id, conversationId: roomId, clientMessageId: 'message-1', seq: null },
    ...{ change: { kind: 'edit' as const, text: 'corrected' }, order: 1 },
  });
  const release = hold();
  const loaded = client.takeOverOutbox();
  await idle();
  await client.logout();
  release();
  await loaded;
  // The same user logs in again, and has discarded the amendment with the rest.
  await store.setSession({ token: 'another', account: ana });
  await client.resume();
  client.connect();
  await api.accept();
  expect(api.runtime.socket.of('amend')).toEqual([]);
});
