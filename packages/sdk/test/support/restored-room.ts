import { afterEach, beforeEach } from 'bun:test';
import { CheckedRecording } from '../../../server/test/support/checked-recording.ts';
import { recordedClient } from '../../../server/test/support/recorded-client.ts';
import { RestorableServer } from '../../../server/test/support/restorable-server.ts';
import { type Conversation, type Entry, MemoryStore, type ParleyClient, type Store } from '../../src/index.ts';
import { until, untilShown } from './until.ts';

export const password = 'a good password';

export let server: RestorableServer;
const clients: ParleyClient[] = [];
let recording: CheckedRecording;
/** Starts a server for each test of a file. After each test, the recording of its clients is checked by the contract. */
export function aServerForEachTest(): void {
  beforeEach(async () => {
    recording = new CheckedRecording();
    server = await RestorableServer.start(() => recording.recorder.record({ type: 'restore' }));
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients.length = 0;
    await server.remove();
    await recording.finish();
  });
}

/** A recorded client of the server, which is closed after the test. */
export function newClient(store: Store): ParleyClient {
  const { client } = recordedClient(recording.recorder, `client ${clients.length + 1}`, { url: server.url, store });
  clients.push(client);
  return client;
}

async function arrive(username: string, store: Store = new MemoryStore()): Promise<ParleyClient> {
  const client = newClient(store);
  const credentials = { username, password };
  if (!(await client.resume())) await client.signup(credentials).catch(() => client.login(credentials));
  client.connect();
  await client.live();
  return client;
}

/** Another client of a user, with a new session. */
export async function logIn(username: string, store: Store): Promise<ParleyClient> {
  const client = newClient(store);
  await client.login({ username, password });
  client.connect();
  await client.live();
  return client;
}

/** Sends this number of messages in order. */
export async function write(conversation: Conversation, what: string, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => conversation.send(`${what} ${index + 1}`));
  await Promise.all(messages.map((message) => message.sent()));
}

export const textsOf = (entries: readonly Entry[]) =>
  entries.flatMap((entry) => (entry.kind === 'message' ? entry.text : []));
export const numbered = (what: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);

/** Ana and Ben in one room, with this number of messages at the time of the backup. */
export async function room(count: number, storeOfBen: Store = new MemoryStore()) {
  const [first, ben] = [await arrive('ana'), await arrive('ben', storeOfBen)];
  const made = await first.conversations.createGroup({ name: 'room', userIds: [ben.account?.id ?? ''] });
  await write(made, 'kept', count);
  const bens = await until(ben, () => ben.conversations.get(made.id));
  await untilShown(ben, bens, count + 1);
  await server.backup();
  await Promise.all([first.live(), ben.live()]);
  return { ana: first, made, ben, bens };
}

/** The texts of the newest page on the server. */
export async function historyOf(client: ParleyClient, conversationId: string): Promise<string[]> {
  const { entries } = await client.call('getHistory', { conversationId, limit: 200 });
  return textsOf(entries);
}
