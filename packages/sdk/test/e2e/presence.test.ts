import { describe, expect, test } from 'bun:test';
import { AnaAndBen } from '../support/ana-and-ben.ts';
import { device, somebody } from '../support/people.ts';
import { collect, until } from '../support/until.ts';

const current = AnaAndBen.ofEachTest();

describe('contract 9: presence is correct within seconds', () => {
  test('a watcher sees who is online and who comes online', async () => {
    const { server, benPerson, ana, more } = current();
    const late = await somebody(server, 'late');
    const presences = collect(ana, 'presence');
    ana.watch({ userIds: [benPerson.account.id, late.account.id] });
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

  test('a user who disconnects goes offline, and an ended watch reports nothing', async () => {
    const { anaPerson, benPerson, ana, ben } = current();
    const presences = collect(ana, 'presence');
    const undo = ana.watch({ userIds: [benPerson.account.id] });
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
    await room.send('a later frame that shows that earlier ones have arrived').sent();
    await until(ana, () => other.length > 0);
    expect(presences).toHaveLength(told);
  });

  test('online counts are reported for the watched conversations only', async () => {
    const two = current();
    const { ana } = two;
    const { room } = await two.group();
    const presences = collect(ana, 'presence');
    ana.watch({ conversationIds: [room.id] });
    const { conversations } = await until(ana, () => presences[0]);
    expect(conversations.map(({ conversationId }) => conversationId)).toEqual([room.id]);
  });

  test('watches are renewed after a reconnect', async () => {
    const { benPerson, ana } = current();
    ana.watch({ userIds: [benPerson.account.id] });
    const presences = collect(ana, 'presence');
    await until(ana, () => presences[0]);
    ana.close();
    presences.length = 0;
    ana.connect();
    expect((await until(ana, () => presences[0])).users).toEqual([{ userId: benPerson.account.id, online: true }]);
  });
});

describe('a new display name', () => {
  test('is shown in a direct conversation while the other user is watched', async () => {
    const { benPerson, ana, ben } = current();
    const direct = await ana.conversations.openDirect(benPerson.account.id);
    const presences = collect(ana, 'presence');
    ana.watch({ userIds: [benPerson.account.id] });
    await until(ana, () => presences.length > 0);
    await ben.call('updateAccount', { displayName: 'Ben Okafor' });
    await until(ana, () => direct.title === 'Ben Okafor');
    // All devices of the user get the user's own name too.
    await until(ben, () => ben.account?.displayName === 'Ben Okafor');
  });

  test('that was missed is shown after the members are listed', async () => {
    const { benPerson, ana, ben } = current();
    const direct = await ana.conversations.openDirect(benPerson.account.id);
    ana.close();
    await ben.call('updateAccount', { displayName: 'Ben Okafor' });
    await direct.members();
    expect(direct.title).toBe('Ben Okafor');
  });
});
