import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Operation, type OperationId, operations } from '@parley/protocol';
import { clientFrameExamples } from '../../src/gateway/reference/frame-examples.ts';
import { operationExamples } from '../../src/gateway/reference/operation-examples.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { requestFor } from '../gateway/api-under-test.ts';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
let stranger: Person;
/** Conversations that the stranger must not know of, and one that does not exist. */
let hidden: Record<string, string>;
beforeAll(async () => {
  server = await RunningServer.start();
  const [ana, ben] = await server.people('member', 2);
  stranger = await server.person('stranger');
  if (!ana || !ben) throw new Error('there are two members');
  const group = await server.call(ana, 'createGroup', { name: 'Group', userIds: [ben.account.id] });
  const direct = await server.call(ana, 'openDirect', { userId: ben.account.id });
  const closed = await server.call(ana, 'createChannel', { name: 'Closed' });
  for (const { id: conversationId } of [group, direct, closed]) {
    for (const clientMessageId of ['one', 'two']) {
      await server.call(ana, 'sendMessage', { conversationId, clientMessageId, text: 'text' });
    }
  }
  await server.call(ana, 'leaveConversation', { conversationId: closed.id });
  hidden = { group: group.id, direct: direct.id, 'closed channel': closed.id, missing: systemIds.uuid() };
});
afterAll(() => server.stop());

/** The value with this conversation, and with users who exist. */
function about(conversationId: string, value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value), (key, each) => {
    if (key === 'conversationId') return conversationId;
    if (key === 'userId') return stranger.account.id;
    if (key === 'conversationIds' || key === 'typingIn') return [conversationId];
    return key === 'userIds' ? [stranger.account.id] : each;
  });
}

describe('a stranger cannot tell a conversation of others from a missing one', () => {
  const named = (Object.entries(operations) as [OperationId, Operation][]).filter(([, { path }]) =>
    path.includes('{conversationId}'),
  );
  test.each(named.map(([id]) => id))('by the answer to %s', async (id) => {
    const answers = new Map<string, unknown>();
    for (const [name, conversationId] of Object.entries(hidden)) {
      const { path, init } = requestFor(id, about(conversationId, operationExamples[id].input), stranger.token);
      const answer = await fetch(`${server.nextUrl()}${path}`, init);
      answers.set(name, [answer.status, await answer.json()]);
    }
    expect(answers.get('missing')).toMatchObject([404, { code: 'not_found' }]);
    for (const answer of answers.values()) expect(answer).toEqual(answers.get('missing'));
  });

  // A typing notice has no answer except an error, and a missing conversation is answered with one.
  const frames = Object.values(clientFrameExamples).filter((frame) =>
    /"(conversationIds?)":/.test(JSON.stringify(frame)),
  );

  test.each(frames.map((frame) => [frame.type, frame] as const))('by the answer to a frame %s', async (_, frame) => {
    const client = await server.wire(stranger);
    const answers = new Map<string, string>();
    for (const [name, conversationId] of Object.entries(hidden)) {
      const given = { ...about(conversationId, frame), type: frame.type };
      const { length } = client.of('error');
      if (!('id' in frame)) client.sendRaw(JSON.stringify(given));
      const answer =
        'id' in frame
          ? { ...(await client.request(given)), id: '' }
          : await client.until(() => client.of('error')[length], 'the error');
      answers.set(name, JSON.stringify(answer).replaceAll(conversationId, 'the conversation'));
    }
    await client.close();
    expect(answers.get('missing')).not.toBeEmpty();
    for (const answer of answers.values()) expect(answer).toBe(answers.get('missing') ?? '');
  });
});
