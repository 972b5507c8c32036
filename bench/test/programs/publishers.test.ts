import { expect, test } from 'bun:test';
import { ClientProcesses } from '../../clients/client-processes.ts';
import { startPublishers } from '../../limits/limit-system.ts';
import { imagined } from '../../system/conversations.ts';
import { using } from '../../system/start.ts';

test('each of several processes that publish has the entries of all messages for its clients', async () => {
  const [messages, members] = [5, [0, 1, 2, 3]];
  await using(startPublishers(members.length, 2), async ({ ports, people }) => {
    expect(new Set(ports).size).toBe(2);
    const clients = await ClientProcesses.connect(ports, people, 2);
    await clients.plan(imagined([members]).map((channel) => ({ ...channel, senders: [0] })));
    const spec = { rate: 50, seconds: messages / 50, textBytes: [10], conversations: [0] };
    const { acknowledged, entries } = await clients.send(spec);
    expect({ acknowledged, entries }).toEqual({ acknowledged: messages, entries: messages * members.length });
    await clients.stop();
  });
});
