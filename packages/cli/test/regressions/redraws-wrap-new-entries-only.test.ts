import { beforeEach, expect, test } from 'bun:test';
import type { MessageEntry } from '@parley/sdk';
import { benId, message, messages, roomId } from '../../../sdk/test/support/entries.ts';
import { FakeApi } from '../../../sdk/test/support/fake-api.ts';
import { until } from '../../../server/test/support/until.ts';
import { ChatSession } from '../../src/chat/chat-session.ts';
import { messageLines, type ScreenLine } from '../../src/chat/screen/message-lines.ts';

const styles = { bold: true, italic: true, strike: true, colour: true };
const linesAt = (columns: number) => messageLines(session.shown, columns, styles);
const textOf = (line: ScreenLine | undefined) => line?.row.map(({ text }) => text).join('');

let session: ChatSession;
let arrive: (seq: number) => void;
/** Message 3 is amended. */
let amend: (revision: number, fields: Partial<MessageEntry>) => Promise<void>;
/** A session with an open conversation of 5,000 loaded entries, each of several lines. */
beforeEach(async () => {
  const api = new FakeApi();
  api.features = ['amendments'];
  api.write(roomId, 3);
  const client = await api.client();
  client.connect();
  await api.accept();
  session = new ChatSession(client, 'http://localhost');
  const conversation = client.conversations.get(roomId);
  if (!conversation) throw new Error('the room is not in the list');
  await session.show(conversation);
  session.opened.entries = messages(1, 5_000).map((entry) => ({ ...entry, text: 'words to wrap '.repeat(9) }));
  amend = async (revision, fields) => {
    api.runtime.socket.say(api.amend(roomId, 3, fields));
    await until(`revision ${revision} is shown`, () =>
      session.opened.entries.some((entry) => entry.kind === 'message' && entry.revision === revision),
    );
  };
  arrive = (seq) => {
    session.opened.entries = [...session.opened.entries, message(seq)];
  };
});

const bySet = (columns: number) => new Set(linesAt(columns));

test('a redraw after a new entry makes the lines of that entry only', () => {
  const before = bySet(40);
  expect(before.size).toBeGreaterThan(15_000);
  arrive(5_001);
  const added = [...bySet(40)].filter((line) => !before.has(line));
  // The name of the only author is a line that each redraw makes.
  expect(added.map(textOf)).toEqual([expect.stringContaining('0190'), '  text 5001']);
});

test('a redraw after an amendment makes the lines of that message and of replies to it only', async () => {
  await amend(1, {});
  session.opened.entries = [...session.opened.entries, message(5_001, { replyTo: 3 })];
  const before = bySet(40);
  await amend(2, { text: 'corrected', reactions: [{ emoji: '👍', count: 1 }] });
  const added = [...bySet(40)].filter((line) => !before.has(line));
  expect(added.map(textOf)).toEqual([
    expect.stringContaining('0190'),
    '  corrected',
    '  👍 1',
    expect.stringMatching(/^ {2}↳ .*: “corrected”$/),
    '  text 5001',
  ]);
});

test('entries are wrapped again when the width or a name changes', () => {
  const narrow = linesAt(40);
  expect(linesAt(60).length).toBeLessThan(narrow.length);
  session.client.people.learn([{ id: benId, username: 'ben', displayName: 'Ben' }]);
  expect(textOf(linesAt(40)[0])).toStartWith('Ben  ');
});
