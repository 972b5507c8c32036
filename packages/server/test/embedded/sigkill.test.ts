import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry, Receipt } from '@parley/protocol';
import { type Conversation, ParleyClient } from '@parley/sdk';
import { verifyDatabase } from '../../src/compose/embedded.ts';
import { ServerProcess } from '../support/server-process.ts';

const kills = 20;
const people = 8;

let data: string;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'parley-kill-'));
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** What one person saw in the group, and what was acknowledged to them. */
interface Witness {
  client: ParleyClient;
  conversation: Conversation;
  seen: Entry[];
  acknowledged: { clientMessageId: string; receipt: Receipt }[];
}

test('contract 1–4: SIGKILL at random moments under load loses, doubles and reorders nothing', async () => {
  let server = await ServerProcess.start({ data });
  const { port } = server;
  const witnesses = await gather(server.url);
  let writing = true;
  const writers = witnesses.map((witness) => write(witness, () => writing));

  for (let round = 0; round < kills; round++) {
    // Some way into the load, at another moment each time.
    const before = acknowledgedBy(witnesses);
    await until(() => acknowledgedBy(witnesses) >= before + 20 + Math.floor(Math.random() * 200));
    await server.kill();
    server = await ServerProcess.start({ data, port });
  }
  writing = false;
  await Promise.all(writers);
  await Promise.all(witnesses.map(({ client }) => client.live()));

  const history = await historyOf(witnesses[0] as Witness);
  expect(history.map(({ seq }) => seq)).toEqual(Array.from(history, (_, index) => index + 1));
  const messages = history.filter((entry) => entry.kind === 'message');
  const ids = messages.map(({ senderId, clientMessageId }) => `${senderId} ${clientMessageId}`);
  expect(new Set(ids).size).toBe(ids.length);
  const bySeq = new Map(messages.map((entry) => [entry.seq, entry]));
  for (const { client, acknowledged } of witnesses) {
    for (const { clientMessageId, receipt } of acknowledged) {
      expect(bySeq.get(receipt.seq)).toMatchObject({
        clientMessageId,
        senderId: client.account?.id,
        atMs: receipt.atMs,
      });
    }
  }
  for (const { seen } of witnesses) {
    await until(() => seen.length === history.length);
    expect(seen).toEqual(history);
  }
  expect(messages.length).toBeGreaterThan(kills * 20);
  for (const { client } of witnesses) client.close();
  expect(await server.stop()).toBe(0);
  expect(verifyDatabase(data).faults).toEqual([]);
}, 300_000);

async function gather(url: string): Promise<Witness[]> {
  const clients = await Promise.all(
    Array.from({ length: people }, async (_, index) => {
      const client = new ParleyClient({ url });
      await client.signup({ username: `writer${index}`, password: 'a good password' });
      client.connect();
      await client.live();
      return client;
    }),
  );
  const [first] = clients as [ParleyClient];
  const userIds = clients.map((client) => client.account?.id ?? '');
  const { id } = await first.conversations.createGroup({ name: 'survivors', userIds });
  return Promise.all(
    clients.map(async (client) => {
      await until(() => client.conversations.get(id) !== undefined);
      const witness: Witness = {
        client,
        conversation: client.conversations.get(id) as Conversation,
        seen: [],
        acknowledged: [],
      };
      void follow(witness);
      return witness;
    }),
  );
}

async function follow({ conversation, seen }: Witness): Promise<void> {
  for await (const entry of conversation.live({ after: 0 })) seen.push(entry);
}

/** Writes as fast as it is acknowledged, over every interruption. */
async function write({ conversation, acknowledged }: Witness, goOn: () => boolean): Promise<void> {
  while (goOn()) {
    const batch = Array.from({ length: 5 }, () => conversation.send(`text ${Math.random()}`));
    for (const message of batch) {
      acknowledged.push({ clientMessageId: message.clientMessageId, receipt: await message.sent() });
    }
  }
}

function acknowledgedBy(witnesses: readonly Witness[]): number {
  return witnesses.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
}

async function historyOf({ client, conversation }: Witness): Promise<Entry[]> {
  const entries: Entry[] = [];
  while (true) {
    const after = entries.at(-1)?.seq ?? 0;
    const page = await client.call('getHistory', { conversationId: conversation.id, after, limit: 200 });
    if (page.entries.length === 0) return entries;
    entries.push(...page.entries);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}
