import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { Disconnected, ParleyClient } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { collect, until } from '../support/until.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

let anaPerson: Person;
let benPerson: Person;
let ana: ParleyClient;
let ben: ParleyClient;
const more: ParleyClient[] = [];
beforeEach(async () => {
  [anaPerson, benPerson] = await Promise.all([somebody(server, 'ana'), somebody(server, 'ben')]);
  [ana, ben] = await Promise.all([device(server, anaPerson), device(server, benPerson)]);
});
afterEach(() => {
  for (const client of [ana, ben, ...more.splice(0)]) client.close();
});

/** A group of both, as each has it. */
async function group() {
  const room = await ana.conversations.createGroup({ name: 'room', userIds: [benPerson.account.id] });
  return { room, bens: await until(ben, () => ben.conversations.get(room.id)) };
}

describe('reading', () => {
  test('marks read at once here, and then on every device of this person', async () => {
    const { room, bens } = await group();
    const laptop = await device(server, benPerson);
    more.push(laptop);
    const onLaptop = laptop.conversations.get(room.id);
    for (const text of ['one', 'two', 'three']) await room.send(text).sent();
    for (const [client, each] of [[ben, bens] as const, [laptop, onLaptop] as const]) {
      await until(client, () => each?.unreadCount === 3);
    }
    bens.markRead();
    expect(bens.unreadCount).toBe(0);
    await until(laptop, () => onLaptop?.unreadCount === 0);
    expect(onLaptop?.data.membership?.readSeq).toBe(4);
  });

  test('a part that was read leaves the rest unread, and the sender sees how far', async () => {
    const { room, bens } = await group();
    const reads = collect(ana, 'read');
    for (const text of ['one', 'two', 'three']) await room.send(text).sent();
    await until(ben, () => bens.unreadCount === 3);
    bens.markRead(3);
    await until(ben, () => bens.unreadCount === 1);
    await until(ana, () => reads.find((read) => read.userId === benPerson.account.id && read.seq === 3));
  });

  test('one’s own messages are never unread, on any device', async () => {
    const { room, bens } = await group();
    const tablet = await device(server, anaPerson);
    more.push(tablet);
    await bens.send('from ben').sent();
    await until(ana, () => room.unreadCount === 1);
    await room.send('from ana').sent();
    await until(tablet, () => tablet.conversations.get(room.id)?.data.headSeq === 3);
    await until(tablet, () => tablet.conversations.get(room.id)?.unreadCount === 0);
    expect(room.unreadCount).toBe(0);
  });

  test('what was read without a connection is told with the next', async () => {
    const { room, bens } = await group();
    await room.send('text').sent();
    await until(ben, () => bens.unreadCount === 1);
    ben.close();
    bens.markRead();
    expect(bens.unreadCount).toBe(0);
    const reads = collect(ana, 'read');
    ben.connect();
    await until(ana, () => reads.find((read) => read.userId === benPerson.account.id));
    expect(bens.unreadCount).toBe(0);
  });
});

test('typing is shown to the others, and told once however many keys are pressed', async () => {
  const { room, bens } = await group();
  const seen = collect(ben, 'typing');
  for (let key = 0; key < 20; key++) room.typing();
  await room.send('typed').sent();
  await until(ben, () => bens.data.headSeq === 2);
  expect(seen).toEqual([{ type: 'typing', conversationId: room.id, userId: anaPerson.account.id }]);
});

describe('contract 9: presence', () => {
  test('a watcher sees who is there, and who comes', async () => {
    const late = await somebody(server, 'late');
    const presences = collect(ana, 'presence');
    ana.watch([benPerson.account.id, late.account.id]);
    const snapshot = await until(ana, () => presences[0]);
    expect(new Map(snapshot.users.map(({ userId, online }) => [userId, online]))).toEqual(
      new Map([
        [benPerson.account.id, true],
        [late.account.id, false],
      ]),
    );
    more.push(await device(server, late));
    await until(ana, () =>
      presences.find(({ id, users }) => id === undefined && users.some(({ userId }) => userId === late.account.id)),
    );
  });

  test('who leaves goes offline, and a watch that was undone tells nothing more', async () => {
    const presences = collect(ana, 'presence');
    const undo = ana.watch([benPerson.account.id]);
    await until(ana, () => presences[0]);
    ben.close();
    await until(ana, () => presences.find(({ users }) => users.some(({ online }) => !online)));
    undo();
    await until(ana, () => presences.find(({ id, users }) => id !== undefined && users.length === 0));
    const told = presences.length;
    ben.connect();
    await ben.live();
    const other = collect(ana, 'entry');
    const room = await ben.conversations.openDirect(anaPerson.account.id);
    await room.send('a sign that what was on its way is here').sent();
    await until(ana, () => other.length > 0);
    expect(presences).toHaveLength(told);
  }, 60_000);

  test('online counts are of the conversations that were asked for', async () => {
    const { room } = await group();
    const presences = collect(ana, 'presence');
    ana.watch([], [room.id]);
    const { conversations } = await until(ana, () => presences[0]);
    expect(conversations.map(({ conversationId }) => conversationId)).toEqual([room.id]);
  });

  test('what is watched is told again after a reconnect', async () => {
    ana.watch([benPerson.account.id]);
    const presences = collect(ana, 'presence');
    await until(ana, () => presences[0]);
    ana.close();
    presences.length = 0;
    ana.connect();
    expect((await until(ana, () => presences[0])).users).toEqual([{ userId: benPerson.account.id, online: true }]);
  });
});

describe('contract 8: membership is exact', () => {
  test('whoever is removed sees the removal, loses the conversation, and can write there no more', async () => {
    const { room, bens } = await group();
    await until(ben, () => bens.sequencer.position === 1);
    const entries = collect(ben, 'entry');
    const changes = collect(ben, 'conversation');
    await room.remove(benPerson.account.id);
    await room.send('without ben').sent();
    await until(ben, () => changes.find(({ removed }) => removed));
    expect(entries.map(({ kind }) => kind)).toEqual(['removed']);
    expect(ben.conversations.get(room.id)).toBeUndefined();
    expect(
      await bens
        .send('still there?')
        .sent()
        .catch((error: unknown) => error),
    ).toMatchObject({ code: 'not_found' });
    await expect(bens.history()).rejects.toMatchObject({ code: 'not_found' });
  });

  test('whoever was removed while away finds out on coming back', async () => {
    const { room } = await group();
    ben.close();
    await room.remove(benPerson.account.id);
    ben.connect();
    await ben.live();
    expect(ben.conversations.get(room.id)).toBeUndefined();
  });

  test('leaving takes it off all devices', async () => {
    const { room, bens } = await group();
    const laptop = await device(server, benPerson);
    more.push(laptop);
    await bens.leave();
    await until(laptop, () => laptop.conversations.get(room.id) === undefined);
    expect(ben.conversations.get(room.id)).toBeUndefined();
    await until(ana, () => room.data.memberCount === 1);
  });

  test('whoever comes back into a group sees what is new from then on', async () => {
    const { room } = await group();
    await room.remove(benPerson.account.id);
    await until(ben, () => ben.conversations.get(room.id) === undefined);
    await room.send('without ben').sent();
    const entries = collect(ben, 'entry');
    await room.add([benPerson.account.id]);
    await room.send('with ben').sent();
    await until(ben, () => entries.length === 2);
    expect(entries.map(({ seq }) => seq)).toEqual([4, 5]);
  });
});

describe('conversations', () => {
  test('a direct conversation is the same for both, and comes with its first message', async () => {
    const mine = await ana.conversations.openDirect(benPerson.account.id);
    const entries = collect(ben, 'entry');
    await mine.send('hello').sent();
    const theirs = await until(ben, () => ben.conversations.get(mine.id));
    await until(ben, () => entries.find((entry) => entry.kind === 'message'));
    expect([mine.title, theirs.title]).toEqual([benPerson.account.displayName, anaPerson.account.displayName]);
    expect((await ben.conversations.openDirect(anaPerson.account.id)).id).toBe(mine.id);
  });

  test('a channel is found, joined, renamed and described; everybody sees it', async () => {
    const name = `news ${anaPerson.account.username}`;
    const channel = await ana.conversations.createChannel({ name });
    const { channels } = await ben.conversations.searchChannels({ q: anaPerson.account.username });
    expect(channels.map(({ id }) => id)).toEqual([channel.id]);
    const joined = await ben.conversations.join(channel.id);
    await until(ana, () => channel.data.memberCount === 2);
    await channel.update({ name: `${name}!`, description: 'what is new' });
    await until(ben, () => joined.title === `${name}!` && joined.data.description === 'what is new');
    await channel.setRole(benPerson.account.id, 'admin');
    await until(ben, () => joined.data.membership?.role === 'admin');
    expect((await channel.members()).members.map(({ role }) => role)).toEqual(['owner', 'admin']);
  });

  test('people are found by name', async () => {
    const { users } = await ana.searchUsers({ q: benPerson.account.username });
    expect(users).toMatchObject([{ id: benPerson.account.id, online: true }]);
  });
});

describe('sessions', () => {
  test('signing up, logging in on a second device, and revoking it from the first', async () => {
    const phone = new ParleyClient({ url: `${server.url}/` });
    const laptop = new ParleyClient({ url: server.url });
    more.push(phone, laptop);
    await phone.signup({ username: `eve${Date.now()}`, password: 'correct horse' });
    await laptop.login({ username: phone.account?.username ?? '', password: 'correct horse', device: 'laptop' });
    laptop.connect();
    await laptop.live();
    const { sessions } = await phone.call('listSessions', {});
    const other = sessions.find(({ current }) => !current);
    expect(other?.device).toBe('laptop');
    await phone.call('revokeSession', { sessionId: other?.id ?? '' });
    const stopped = await until(laptop, () => laptop.state.name === 'stopped' && laptop.state);
    expect(stopped.name).toBe('stopped');
    await expect(laptop.live()).rejects.toBeInstanceOf(Disconnected);
    await laptop.login({ username: phone.account?.username ?? '', password: 'correct horse' });
    laptop.connect();
    await laptop.live();
  }, 60_000);

  test('logging out forgets everything', async () => {
    await group();
    await ana.logout();
    expect([ana.account, ana.state.name, ana.conversations.list()]).toEqual([null, 'offline', []]);
    await expect(ana.call('getAccount', {})).rejects.toMatchObject({ code: 'unauthenticated' });
    ana.connect();
    expect(ana.state).toEqual({ name: 'stopped', reason: 'not logged in' });
  });

  test('a wrong password is a refusal with its code; a server that is not there is not', async () => {
    const wrong = new ParleyClient({ url: server.url });
    const attempt = wrong.login({ username: 'nobody', password: 'wrong password' });
    await expect(attempt).rejects.toMatchObject({ name: 'ParleyError', code: 'wrong_credentials', status: 401 });
    const nowhere = new ParleyClient({ url: 'http://localhost:1' });
    await expect(nowhere.login({ username: 'ana', password: 'password' })).rejects.toBeInstanceOf(Disconnected);
  });
});
