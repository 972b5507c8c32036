import { describe, expect, test } from 'bun:test';
import { AnaAndBen } from '../support/ana-and-ben.ts';
import { device } from '../support/people.ts';
import { collect, until, untilShown } from '../support/until.ts';

const current = AnaAndBen.ofEachTest();

describe('contract 8: membership is exact', () => {
  test('a removed member sees the removal, loses the conversation and cannot write to it', async () => {
    const two = current();
    const { benPerson, ben } = two;
    const { room, bens } = await two.group();
    await untilShown(ben, bens, 1);
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

  test('a member who was removed while away loses the conversation on the next connect', async () => {
    const two = current();
    const { benPerson, ben } = two;
    const { room } = await two.group();
    ben.close();
    await room.remove(benPerson.account.id);
    ben.connect();
    await ben.live();
    expect(ben.conversations.get(room.id)).toBeUndefined();
  });

  test('leaving removes the conversation from all devices', async () => {
    const two = current();
    const { server, benPerson, ana, ben, more } = two;
    const { room, bens } = await two.group();
    const laptop = await device(server, benPerson);
    more.push(laptop);
    await bens.leave();
    await until(laptop, () => laptop.conversations.get(room.id) === undefined);
    expect(ben.conversations.get(room.id)).toBeUndefined();
    await until(ana, () => room.data.memberCount === 1);
  });

  test('a member who was added again sees new entries', async () => {
    const two = current();
    const { benPerson, ben } = two;
    const { room } = await two.group();
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
  test('a direct conversation is the same for both, and appears with its first message', async () => {
    const { anaPerson, benPerson, ana, ben } = current();
    const mine = await ana.conversations.openDirect(benPerson.account.id);
    const entries = collect(ben, 'entry');
    await mine.send('hello').sent();
    const theirs = await until(ben, () => ben.conversations.get(mine.id));
    await until(ben, () => entries.find((entry) => entry.kind === 'message'));
    expect([mine.title, theirs.title]).toEqual([benPerson.account.displayName, anaPerson.account.displayName]);
    expect((await ben.conversations.openDirect(anaPerson.account.id)).id).toBe(mine.id);
  });

  test('a channel can be found, joined, renamed and described; all members see it', async () => {
    const { anaPerson, benPerson, ana, ben } = current();
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

  test('people can be found by name', async () => {
    const { benPerson, ana } = current();
    const { users } = await ana.searchUsers({ q: benPerson.account.username });
    expect(users).toMatchObject([{ id: benPerson.account.id, online: true }]);
  });
});
