import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import type { ParleyClient } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { collect, until, untilShown } from '../support/until.ts';

const clients: ParleyClient[] = [];
let data = '';
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  rmSync(data, { recursive: true, force: true });
});

test('contract 2, 3 and 4: when the server restarts on its port, all clients reconnect', async () => {
  data = mkdtempSync(join(tmpdir(), 'parley-sdk-'));
  const port = String(await freePort());
  const first = await RunningServer.start({ data, port });
  const [anaPerson, benPerson] = await Promise.all([somebody(first, 'ana'), somebody(first, 'ben')]);
  const [ana, ben] = await Promise.all([device(first, anaPerson), device(first, benPerson)]);
  clients.push(ana, ben);
  const room = await ana.conversations.createGroup({ name: 'room', userIds: [benPerson.account.id] });
  await room.send('before').sent();
  const bens = await until(ben, () => ben.conversations.get(room.id));
  await untilShown(ben, bens, 2);
  const shown = collect(ben, 'entry');

  await first.stopServers();
  await until(ana, () => ana.state.name === 'waiting');
  const written = ['one', 'two', 'three'].map((text) => room.send(text));
  expect(written.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);

  const second = await RunningServer.start({ data, port });
  const receipts = await Promise.all(written.map((message) => message.sent()));
  expect(receipts.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  await until(ben, () => shown.length === 3);
  expect(shown.map((entry) => entry.kind === 'message' && entry.text)).toEqual(['one', 'two', 'three']);
  await Promise.all([ana.live(), ben.live()]);
  for (const client of clients) client.close();
  await second.stop();
});
