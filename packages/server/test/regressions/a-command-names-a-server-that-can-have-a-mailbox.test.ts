import { expect, test } from 'bun:test';
import { parseRecord } from '../../src/adapters/kafka/record-format.ts';
import { systemIds } from '../../src/platform/ids.ts';

const command = { kind: 'send', conversationId: 'c', actorId: 'ana', commandId: 'm1', text: 'text' };

function kindOf(serverId: unknown): string {
  const value = Buffer.from(JSON.stringify({ command, replyTo: { serverId, requestId: 'request' } }));
  return parseRecord({ value, headers: [] }).kind;
}

test('a record whose server cannot have a mailbox is set aside, because its outcome can never be delivered', () => {
  for (const serverId of ['', ' ', 'a server', 'ä', '../x', 'x'.repeat(101), 'a\0b', 7, null]) {
    expect([serverId, kindOf(serverId)]).toEqual([serverId, 'malformed']);
  }
  for (const serverId of [systemIds.uuid(), 'server', 'server-1.example']) {
    expect([serverId, kindOf(serverId)]).toEqual([serverId, 'command']);
  }
});
