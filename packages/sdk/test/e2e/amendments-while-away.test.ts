import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { type Entry, MemoryStore } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { until } from '../support/until.ts';

const messages = 300;
const amendments = 30_000;
const inFlight = 100;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** Sends this many frames over one socket, some at a time, again if the server is overloaded. */
async function sendAll(person: Person, count: number, frameOf: (index: number) => object): Promise<void> {
  const { socket } = await server.wire(person);
  const finished = Promise.withResolvers<void>();
  let [next, answered] = [0, 0];
  const send = (index: number) => socket.send(JSON.stringify({ ...frameOf(index), id: String(index) }));
  socket.onclose = ({ code, reason }) => finished.reject(new Error(`closed with ${code} ${reason}`));
  socket.onmessage = ({ data }) => {
    const { type, id, code, retryAfterMs } = JSON.parse(String(data));
    if (type === 'error' && code === 'overloaded') setTimeout(() => send(Number(id)), retryAfterMs);
    else if (type === 'error') finished.reject(new Error(String(data)));
    if (type !== 'ack' && type !== 'amend_ack') return;
    if (++answered === count) finished.resolve();
    if (next < count) send(next++);
  };
  while (next < Math.min(count, inFlight)) send(next++);
  await finished.promise;
  socket.close();
}

test('30,000 amendments of 300 messages while a device is away are one request, and it shows and stores the present states only', async () => {
  const [ana, ben] = [await somebody(server, 'ana'), await somebody(server, 'ben')];
  const { id } = await server.call(ana, 'createGroup', { name: 'room', userIds: [ben.account.id] });
  const base = { conversationId: id };
  await sendAll(ana, messages, (index) => ({ ...base, type: 'send', clientMessageId: `m${index}`, text: `${index}` }));
  const first = (await server.call(ana, 'getConversation', base)).headSeq - messages + 1;

  const store = new MemoryStore();
  const away = await device(server, ben, store);
  const room = await until(away, () => away.conversations.get(id));
  for (const after of [0, 200]) await room.history({ after, limit: 200 });
  away.close();

  await sendAll(ana, amendments, (index) => {
    const change = { kind: 'edit', text: `state ${index}` };
    return { ...base, type: 'amend', seq: first + (index % messages), amendmentId: `a${index}`, change };
  });

  const shown: string[] = [];
  away.on('entry', (entry) => shown.push(textOf(entry)));
  away.on('amended', (event) => shown.push(...event.messages.map(textOf)));
  const requests = spyOn(globalThis, 'fetch');
  away.connect();
  await away.live();
  const isOfAway = ([, init]: Parameters<typeof fetch>) =>
    new Headers(init?.headers).get('authorization') === `Bearer ${ben.token}`;
  const paths = requests.mock.calls.filter(isOfAway).map(([url]) => new URL(String(url)).pathname);
  requests.mockRestore();

  expect(paths.filter((path) => path.endsWith('/changes'))).toEqual([`/v1/conversations/${id}/changes`]);
  const present: string[] = [];
  for (const after of [first - 1, first + 199]) {
    const page = await server.call(ben, 'getHistory', { ...base, after, limit: 200 });
    present.push(...page.entries.map(textOf));
  }
  expect(present.toSorted()).toEqual(
    Array.from({ length: messages }, (_, index) => `state ${amendments - messages + index}`).toSorted(),
  );
  expect(shown.toSorted()).toEqual(present.toSorted());
  const stored = await store.entries(id, { limit: messages });
  expect(stored.map(textOf)).toEqual(present);
  expect(room.data.revision).toBe(amendments);
  away.close();
});

function textOf(entry: Entry): string {
  return entry.kind === 'message' ? entry.text : entry.kind;
}
