import type { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { MessageEntry } from '@parley/protocol';
import { CommandKeys } from '../../src/adapters/sqlite/command-keys.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { NumberedEntries } from '../../src/adapters/sqlite/numbered-entries.ts';
import { UserNumbers } from '../../src/adapters/sqlite/user-numbers.ts';

const conversation = 7;

describe('sqlite: keys of commands', () => {
  let database: Database;
  beforeEach(() => {
    database = openDatabase(':memory:');
  });
  afterEach(() => database.close());

  /** Entries whose commands all have the same keys. */
  function entriesWithCollisions(): NumberedEntries {
    const keys = new CommandKeys(database, (_text, seed) => seed & 0xffffn);
    return new NumberedEntries(database, new UserNumbers({ database, rollbacks: 0 }), keys);
  }
  const message = (seq: number, senderId: string): MessageEntry => ({
    ...{ kind: 'message', conversationId: 'some', seq, messageCount: seq, atMs: 1_000, senderId },
    ...{ clientMessageId: '', text: `text ${seq}` },
  });

  test('find each command although all keys collide, and none that is not stored (contract 2)', () => {
    const entries = entriesWithCollisions();
    const senders = ['ana', 'ben'];
    let seq = 0;
    for (const commandId of ['m1', 'm2', 'm3', crypto.randomUUID()]) {
      for (const senderId of senders) {
        expect(entries.ofCommand({ conversation, senderId, commandId })).toBeUndefined();
        entries.insert(conversation, { entry: message(++seq, senderId), firstTextHash: null }, commandId);
        expect(entries.ofCommand({ conversation, senderId, commandId })).toMatchObject({ seq, text: `text ${seq}` });
      }
    }
    expect(entries.ofCommand({ conversation, senderId: 'ana', commandId: 'm1' })).toMatchObject({ seq: 1 });
    expect(entries.ofCommand({ conversation, senderId: 'ben', commandId: 'm3' })).toMatchObject({ seq: 6 });
    expect(entries.ofCommand({ conversation: 8, senderId: 'ben', commandId: 'm3' })).toBeUndefined();
  });

  test('refuse a second entry of a command although its keys collide with those of others', () => {
    const entries = entriesWithCollisions();
    for (const [index, commandId] of ['m1', 'm2', 'm3'].entries()) {
      entries.insert(conversation, { entry: message(index + 1, 'ana'), firstTextHash: null }, commandId);
    }
    expect(() => entries.insert(conversation, { entry: message(4, 'ana'), firstTextHash: null }, 'm2')).toThrow(
      'command m2 of ana is entry 2 already',
    );
  });

  test('tell command ids apart that differ in case, form or type', () => {
    const keys = new NumberedEntries(database, new UserNumbers({ database, rollbacks: 0 }));
    const uuid = '0198c0de-aaaa-7bbb-8ccc-00000000dddd';
    const ids = [
      uuid,
      uuid.toUpperCase(),
      uuid.replaceAll('-', ''),
      ` ${uuid}`,
      '',
      '5',
      'x'.repeat(64),
      '\u00e9',
      'e\u0301',
    ];
    for (const [index, id] of ids.entries())
      keys.insert(conversation, { entry: message(index + 1, 'ana'), firstTextHash: null }, id);
    for (const [index, commandId] of ids.entries()) {
      const found = keys.ofCommand({ conversation, senderId: 'ana', commandId });
      expect([found?.seq, found?.command_id]).toEqual([index + 1, commandId]);
    }
  });

  test('stop with a reason when a command has no free key', () => {
    const entries = entriesWithCollisions();
    for (let seq = 1; seq <= 16; seq++)
      entries.insert(conversation, { entry: message(seq, 'ana'), firstTextHash: null }, `m${seq}`);
    expect(() => entries.insert(conversation, { entry: message(17, 'ana'), firstTextHash: null }, 'm17')).toThrow(
      '16 keys of command m17 belong to',
    );
  });
});
