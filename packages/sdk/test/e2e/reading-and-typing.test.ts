import { describe, expect, test } from 'bun:test';
import { AnaAndBen } from '../support/ana-and-ben.ts';
import { device } from '../support/people.ts';
import { collect, until, untilShown } from '../support/until.ts';

const current = AnaAndBen.ofEachTest();

describe('reading', () => {
  test('marks as read at once here, and then on all devices of the user', async () => {
    const two = current();
    const { server, benPerson, ben, more } = two;
    const { room, bens } = await two.group();
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

  test('partial reading leaves the rest unread, and the sender sees the position', async () => {
    const two = current();
    const { benPerson, ana, ben } = two;
    const { room, bens } = await two.group();
    const reads = collect(ana, 'read');
    for (const text of ['one', 'two', 'three']) await room.send(text).sent();
    await until(ben, () => bens.unreadCount === 3);
    bens.markRead(3);
    await until(ben, () => bens.unreadCount === 1);
    await until(ana, () => reads.find((read) => read.userId === benPerson.account.id && read.seq === 3));
  });

  test('the user’s own messages are never unread on any device', async () => {
    const two = current();
    const { server, anaPerson, ana, more } = two;
    const { room, bens } = await two.group();
    const tablet = await device(server, anaPerson);
    more.push(tablet);
    await bens.send('from ben').sent();
    await until(ana, () => room.unreadCount === 1);
    await room.send('from ana').sent();
    await until(tablet, () => tablet.conversations.get(room.id)?.data.headSeq === 3);
    await until(tablet, () => tablet.conversations.get(room.id)?.unreadCount === 0);
    expect(room.unreadCount).toBe(0);
  });

  test('a read position that was set without a connection is sent on the next one', async () => {
    const two = current();
    const { benPerson, ana, ben } = two;
    const { room, bens } = await two.group();
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

test('typing is shown to other members and sent once for many key presses', async () => {
  const two = current();
  const { anaPerson, ben } = two;
  const { room, bens } = await two.group();
  const seen = collect(ben, 'typing');
  const inView = collect(ben, 'presence');
  ben.watch({ typingIn: [room.id] });
  await until(ben, () => inView.length > 0);
  for (let key = 0; key < 20; key++) room.typing();
  await room.send('typed').sent();
  await until(ben, () => seen.length > 0);
  await untilShown(ben, bens, 2);
  expect(seen).toEqual([{ type: 'typing', conversationId: room.id, userId: anaPerson.account.id }]);
});
