import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversation, ParleyClient } from '@parley/sdk';
import { retriedWhileOverloaded } from '../support/retried.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith } from '../support/services.ts';
import { noSlowDisk, slowDisk } from '../support/slow-disk/slow-disk.ts';

const title = 'contract 1: a sync to disk precedes each ack, and one sync serves all sends that wait for it';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-sync-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(noSlowDisk !== null)(titleWith(title, noSlowDisk), async () => {
  const log = join(folder, 'syncs');
  const environment = await slowDisk(folder, 20_000, log);
  const server = await ServerProcess.start({ settings: { data: join(folder, 'data') }, environment });
  const syncs = () => statSync(log).size;
  const clients = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const client = new ParleyClient({ url: server.url });
      await client.signup({ username: `writer${index}`, password: 'a good password' });
      client.connect();
      await client.live();
      return client;
    }),
  );
  const [first] = clients as [ParleyClient];
  const channel = await first.conversations.createChannel({ name: 'slow' });

  // One after the other: each ack has a sync of its own before it.
  for (let index = 0; index < 20; index++) {
    const before = syncs();
    await channel.send(`one by one ${index}`).sent();
    expect(syncs()).toBeGreaterThan(before);
  }

  // Concurrent sends in different conversations: far fewer syncs than messages.
  const conversations = await Promise.all(
    clients.flatMap((client) =>
      Array.from(
        { length: 20 },
        (_, index): Promise<Conversation> =>
          retriedWhileOverloaded(() => client.conversations.createChannel({ name: `c${index}` })),
      ),
    ),
  );
  const before = syncs();
  await Promise.all(conversations.map((conversation) => conversation.send('all at once').sent()));
  expect(syncs() - before).toBeLessThan(conversations.length / 4);
  for (const client of clients) client.close();
  expect(await server.stop()).toBe(0);
});
