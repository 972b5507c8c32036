import { expect, test } from 'bun:test';
import { type Entry, MemoryStore } from '../../src/index.ts';
import { aServerForEachTest, newClient, numbered, room, server, textsOf, write } from '../support/restored-room.ts';
import { collect, until, untilShown } from '../support/until.ts';

aServerForEachTest();

test('a running client reports a restore and shows new entries after it', async () => {
  const { ana, made, ben, bens } = await room(20);
  await write(made, 'lost', 15);
  await untilShown(ben, bens, 36);
  const [shown, restored] = [collect(ben, 'entry'), collect(ben, 'restored')];
  const loop: Entry[] = [];
  void (async () => {
    for await (const entry of bens.live()) loop.push(entry);
  })();
  const toldAna = collect(ana, 'restored');

  await server.restore();
  await until(ben, () => restored.some(({ conversation }) => conversation === bens));
  await until(ana, () => toldAna.some(({ conversation }) => conversation === made));
  expect(restored.map(({ conversation }) => conversation)).toEqual([null, bens]);
  await write(made, 'new', 10);
  await until(ben, () => shown.length === 10);
  expect(textsOf(shown)).toEqual(numbered('new', 10));
  expect(bens.data).toMatchObject({ headSeq: 31, lastMessage: { text: 'new 10' }, unreadCount: 30 });
  const { entries } = await bens.history({ limit: 200 });
  expect(textsOf(entries)).toEqual([...numbered('kept', 20), ...numbered('new', 10)]);
  await until(ben, () => loop.length === 10);
  expect(textsOf(loop)).toEqual(numbered('new', 10));
  await ben.live();
});

test('a client that was away during a restore shows the new entries and no lost ones', async () => {
  const store = new MemoryStore();
  const { ana, made, ben, bens } = await room(20, store);
  await write(made, 'lost', 15);
  await untilShown(ben, bens, 36);
  ben.close();
  const toldAna = collect(ana, 'restored');
  await server.restore();
  await until(ana, () => toldAna.some(({ conversation }) => conversation === made));
  // By the numbers alone, there would be ten new messages, and fifteen lost ones would remain.
  await write(made, 'other', 25);

  const again = newClient(store);
  const [shown, restored] = [collect(again, 'entry'), collect(again, 'restored')];
  await again.resume();
  again.connect();
  await again.live();
  const restoredRoom = again.conversations.get(made.id) ?? null;
  expect(textsOf(shown)).toEqual(numbered('other', 25));
  expect(restored.map(({ conversation }) => conversation)).toEqual([null, restoredRoom]);
  again.close();
  const kept = textsOf((await restoredRoom?.history({ limit: 200 }))?.entries ?? []);
  expect(kept).toEqual([...numbered('kept', 20), ...numbered('other', 25)]);

  // A client that reconnects in the same epoch does not read again.
  const third = newClient(store);
  const toldAgain = [collect(third, 'entry'), collect(third, 'restored')];
  await third.resume();
  third.connect();
  await third.live();
  expect(toldAgain).toEqual([[], []]);
});
