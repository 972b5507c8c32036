import { afterEach, describe, expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { readCommand } from '../../src/conversations/read-command.ts';
import { levelOf } from '../../src/platform/features.ts';
import { addTrialFeature, nudge, trialLevel, withTopic } from '../support/trial-feature.ts';

const common = { conversationId: 'c', actorId: 'ana', commandId: 'm1' };
const send = { ...common, kind: 'send', text: 'text' } as const;
const update = { ...common, kind: 'update', name: 'name' } as const;
const level = levelOf('amendments');
const commands: Command[] = [
  send,
  update,
  { ...common, kind: 'open_direct', partnerId: 'ben' },
  {
    ...{ ...common, kind: 'create', conversationKind: 'group', name: 'name', description: '', announceOnly: false },
    ...{ history: 'all', userIds: ['ben'] },
  },
  { ...common, kind: 'join' },
  { ...common, kind: 'leave' },
  { ...common, kind: 'add', userIds: ['ben'] },
  { ...common, kind: 'remove', userId: 'ben' },
  { ...common, kind: 'ban', userId: 'ben' },
  { ...common, kind: 'unban', userId: 'ben' },
  { ...common, kind: 'set_role', userId: 'ben', role: 'admin' },
  { ...send, replyTo: 3, level },
  { ...common, kind: 'edit', seq: 3, text: 'text', acceptedAtMs: 1, editWindowMs: 2, level },
  { ...common, kind: 'delete', seq: 3, level },
  { ...common, kind: 'react', seq: 3, emoji: '👍', set: true, level },
  { ...common, kind: 'pin', seq: 3, set: false, level },
];

const asWritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
let undo: () => void = () => undefined;
afterEach(() => {
  undo();
  undo = () => undefined;
});

describe('a command in the log', () => {
  for (const command of commands) {
    test(`is read unchanged: ${'replyTo' in command ? 'reply' : command.kind}`, () => {
      expect(readCommand(asWritten(command))).toEqual({ kind: 'command', command });
    });
  }

  test('needs a later program when it has a level above this one, regardless of its other fields', () => {
    const level = trialLevel;
    for (const later of [{ ...send, level }, { level }, { kind: 'nudge', text: 7, level }]) {
      expect(readCommand(later)).toEqual({ kind: 'later', level });
    }
    expect(readCommand({ ...send, level: 1 })).toMatchObject({ kind: 'command' });
  });

  test('is read by a program that supports its level, new kind and new field', () => {
    undo = addTrialFeature();
    for (const command of [nudge(send), withTopic(update, 'topic')]) {
      const levelled = { ...command, level: trialLevel };
      expect(readCommand(asWritten(levelled))).toEqual({ kind: 'command', command: levelled });
    }
  });

  test('is malformed, with the reason, when no version of a supported level writes it', () => {
    const reasons = (value: unknown) => {
      const read = readCommand(value);
      return read.kind === 'malformed' ? read.reason : read.kind;
    };
    expect(reasons({ ...send, kind: 'dance' })).toBe('there is no kind of command "dance"');
    expect(reasons({ ...send, kind: 'constructor' })).toBe('there is no kind of command "constructor"');
    expect(reasons({ ...common, kind: 'send' })).toStartWith('/text ');
    expect(reasons({ ...common, kind: 'add', userIds: null })).toStartWith('/userIds ');
    expect(reasons({ ...send, actorId: 7 })).toStartWith('/actorId ');
    expect(reasons({ ...send, level: 'two' })).toStartWith('/level ');
    expect(reasons({ ...send, level: 0 })).toStartWith('/level ');
    for (const value of [null, 7, 'send', [], undefined]) expect(reasons(value)).not.toBe('command');
  });

  test('is malformed when it has an unknown field, which would be lost', () => {
    expect(readCommand({ ...send, forwardOf: 7 })).toEqual({
      kind: 'malformed',
      reason: 'a command "send" has no field "forwardOf"',
    });
    expect(readCommand({ ...send, toString: 'text' })).toMatchObject({ kind: 'malformed' });
    // The command has no field.
    expect(readCommand({ ...send, forwardOf: null })).toMatchObject({ kind: 'command' });
  });
});
