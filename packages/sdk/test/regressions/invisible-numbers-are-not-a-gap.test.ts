import { expect, test } from 'bun:test';
import { message, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

test('an entry that was held behind numbers that the user may not see is shown', async () => {
  const api = new FakeApi();
  api.write(roomId, 3);
  const client = await api.client();
  const shown: number[] = [];
  client.on('entry', ({ seq }) => shown.push(seq));
  client.connect();
  await api.accept();
  // 4 and 5 were written while the user was not a member: the history continues with 6.
  api.intervene = () => Response.json({ conversationId: roomId, entries: [message(6)], headSeq: 8, visibleFromSeq: 6 });
  for (const seq of [6, 7]) api.runtime.socket.say({ type: 'entry', entry: message(seq) });
  await idle();
  expect(shown).toEqual([6, 7]);
});
