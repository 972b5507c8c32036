import { expect, test } from 'bun:test';
import type { MessageEntry } from '@parley/protocol';
import { EditDrafts } from '../src/composer/edit-drafts.ts';

const room = 'room';
const edited = (number: number, fields: Partial<MessageEntry> = {}) => ({
  ...{ key: `ana ${number}`, text: `text ${number}`, clientMessageId: String(number) },
  entry: { kind: 'message', seq: number, text: `text ${number}`, ...fields } as MessageEntry,
});
const shownIn = (drafts: EditDrafts) => drafts.openIn(room)?.key;

test('a changed text is kept when another edit begins or the box is shown, and shown when its edit begins again', () => {
  const drafts = new EditDrafts();
  drafts.begin(room, edited(1));
  drafts.write(room, 'ana 1', 'unfinished 1');
  // Beginning the edit that is shown changes nothing.
  drafts.begin(room, edited(1));
  drafts.begin(room, edited(2));
  expect([shownIn(drafts), drafts.textOf(room, 'ana 1'), drafts.textOf(room, 'ana 2')]).toEqual([
    ...['ana 2', 'unfinished 1', 'text 2'],
  ]);
  drafts.leave(room);
  expect([shownIn(drafts), drafts.textOf(room, 'ana 2')]).toEqual([undefined, undefined]);
  drafts.begin(room, edited(1));
  expect([shownIn(drafts), drafts.textOf(room, 'ana 1')]).toEqual(['ana 1', 'unfinished 1']);
  drafts.end(room, 'ana 1');
  expect([shownIn(drafts), drafts.textOf(room, 'ana 1')]).toEqual([undefined, undefined]);
});

test('each conversation has edits of its own, and all are gone with the session', () => {
  const drafts = new EditDrafts();
  for (const conversationId of [room, 'other']) {
    drafts.begin(conversationId, edited(1));
    drafts.write(conversationId, 'ana 1', `in ${conversationId}`);
  }
  expect([room, 'other'].map((id) => drafts.textOf(id, 'ana 1'))).toEqual(['in room', 'in other']);
  drafts.clear();
  expect([room, 'other'].map((id) => [drafts.openIn(id), drafts.textOf(id, 'ana 1')])).toEqual([
    [null, undefined],
    [null, undefined],
  ]);
});

test('at most 50 texts are kept: those that were changed last', () => {
  const drafts = new EditDrafts();
  for (let number = 1; number <= 51; number++) {
    drafts.begin(room, edited(number));
    drafts.write(room, `ana ${number}`, 'unfinished');
    if (number === 50) drafts.write(room, 'ana 1', 'changed again');
  }
  expect([1, 2, 3, 51].map((number) => drafts.textOf(room, `ana ${number}`))).toEqual([
    ...['changed again', undefined, 'unfinished', 'unfinished'],
  ]);
});

test('the edit of a message that was deleted is dropped, and reported if it is shown', () => {
  const drafts = new EditDrafts();
  for (const number of [1, 2]) {
    drafts.begin(room, edited(number));
    drafts.write(room, `ana ${number}`, 'unfinished');
  }
  let changes = 0;
  drafts.subscribe(() => changes++);
  const deleted = { deleted: { byId: 'mira', atMs: 1 } };
  const stateOf = (gone: number[]) => (key: string) => {
    const number = Number(key.split(' ')[1]);
    return edited(number, gone.includes(number) ? deleted : {});
  };
  expect([drafts.dropGone(room, stateOf([])), drafts.dropGone('other', stateOf([1, 2]))]).toEqual([false, false]);
  expect([drafts.dropGone(room, stateOf([1])), drafts.textOf(room, 'ana 1'), changes]).toEqual([false, undefined, 0]);
  expect([drafts.dropGone(room, stateOf([1, 2])), shownIn(drafts), changes]).toEqual([true, undefined, 1]);
});

test('the edit of a message that was lost in a restore is dropped, whether its row is loaded or not', () => {
  const drafts = new EditDrafts();
  const waiting = { ...edited(4), entry: null };
  for (const message of [edited(1), edited(2), waiting, edited(3)]) {
    drafts.begin(room, message);
    drafts.write(room, message.key, 'unfinished');
  }
  drafts.restored(room, 1);
  expect(drafts.dropGone(room, () => undefined)).toBe(true);
  expect([1, 2, 3, 4].map((number) => drafts.textOf(room, `ana ${number}`))).toEqual([
    ...['unfinished', undefined, undefined, 'unfinished'],
  ]);
});

test('a message that was sent since its edit began is remembered by its entry', () => {
  const drafts = new EditDrafts();
  drafts.begin(room, { ...edited(1), entry: null });
  drafts.dropGone(room, () => edited(1));
  expect(drafts.openIn(room)?.entry?.seq).toBe(1);
});
