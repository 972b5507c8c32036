import { beforeEach, expect, test } from 'bun:test';
import type { ServerFrame } from '@parley/protocol';
import { ClientRecorder } from '../../src/checker/client-recorder.ts';
import { Recorder } from '../../src/checker/recorder.ts';
import { check, conversationId, creation, message, userIds } from './recording.ts';

const [otherId, thirdId] = ['00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000003'];

let lines: string[];
let userId: string | undefined;
let recording: ClientRecorder;
beforeEach(() => {
  lines = [];
  userId = userIds.ana;
  const recorder = new Recorder(
    (line) => lines.push(line),
    () => 1,
  );
  recording = new ClientRecorder(recorder, 'ana', () => userId);
});

/** What was recorded after the introduction: the type and the operation of each line. */
const recorded = () =>
  lines.slice(2).map((line) => {
    const { type, op } = JSON.parse(line);
    return op === undefined ? type : `${type} ${op}`;
  });

const page = (id: string) => ({ conversationId: id, entries: [], headSeq: 0, visibleFromSeq: 1 });

test('each range of a catch-up is a read of its own, which its page completes', async () => {
  const ranges = [conversationId, otherId, thirdId].map((id) => ({ conversationId: id, after: 0 }));
  recording.sent({ type: 'catch_up', id: '7', ranges });
  recording.received({ type: 'catch_up', id: '7', pages: [page(conversationId)], notFound: [otherId] });
  expect(recorded()).toEqual([
    ...['read_page 7/0', 'read_page 7/1', 'read_page 7/2'],
    ...['page 7/0', 'refused 7/1', 'unknown 7/2'],
  ]);
  expect((await check(lines)).violations).toEqual([]);
});

test('what was under way when the connection was lost has an unknown outcome', () => {
  recording.sent({ type: 'hello', token: 'token' });
  recording.sent({ type: 'send', id: '1', conversationId, clientMessageId: 'one', text: 'one' });
  recording.closed('lost');
  expect(recorded()).toEqual(['connecting', 'send 1', 'unknown 1', 'disconnected']);
});

test('an entry is recorded when it arrives, and a call with its response', async () => {
  recording.received({ type: 'entry', entry: creation() } as ServerFrame);
  const end = recording.called('sendMessage', { conversationId, clientMessageId: 'one', text: 'one' });
  end({ response: { conversationId, seq: 2, atMs: 2, messageCount: 1 } });
  recording.called('getHistory', { conversationId, after: 1 })({
    response: { ...page(conversationId), entries: [message('ana', 'one', 2)], headSeq: 2 },
  });
  expect(recorded()).toEqual(['entry', 'send http-1', 'ack http-1', 'read_page http-2', 'page http-2']);
  expect((await check(lines)).violations).toEqual([]);
});

test('nothing is recorded before the user is known', () => {
  userId = undefined;
  recording.sent({ type: 'hello', token: 'token' });
  expect(lines).toHaveLength(1);
});
