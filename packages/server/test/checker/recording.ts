import type { Entry, MessageEntry } from '@parley/protocol';
import { type CheckedRecording, checkRecording } from '../../src/checker/check-recording.ts';
import { Checker } from '../../src/checker/checker.ts';
import type { Finding } from '../../src/checker/finding.ts';
import type { NewLine, RecordedLine } from '../../src/checker/format.ts';
import { Recorder } from '../../src/checker/recorder.ts';

export const conversationId = '00000000-0000-4000-8000-000000000001';
export const userIds = {
  ana: '00000000-0000-4000-8000-00000000000a',
  ben: '00000000-0000-4000-8000-00000000000b',
  eve: '00000000-0000-4000-8000-00000000000e',
} as const;
export type Name = keyof typeof userIds;
const created = [userIds.ana, userIds.ben, userIds.eve];

/** Checks lines of a recording. */
export function check(lines: readonly string[]): Promise<CheckedRecording> {
  return checkRecording(async function* () {
    yield* lines;
  });
}

/** The violations of these lines, without the parts that show them. */
export function findingsOf(lines: readonly RecordedLine[]): Finding[] {
  const checker = new Checker();
  for (const line of lines) checker.take(line);
  checker.end();
  return checker.findings;
}

/** A recording made by hand: one client for each user, named as the user, and `ana2`, a second one of ana. */
export class HandMade {
  readonly lines: string[] = [];
  timeMs = 0;
  private readonly recorder = new Recorder(
    (line) => this.lines.push(line),
    () => this.timeMs,
  );
  private operations = 0;

  constructor() {
    for (const [client, userId] of Object.entries(userIds)) this.add({ type: 'client', client, userId });
    this.add({ type: 'client', client: 'ana2', userId: userIds.ana });
  }

  add(line: NewLine): this {
    this.timeMs++;
    this.recorder.record(line);
    return this;
  }

  /** The name of a new operation. */
  op(): string {
    return `op-${++this.operations}`;
  }

  /** A message is sent; it is acknowledged under the number unless that is null. */
  send(client: string, clientMessageId: string, seq: number | null, more: { text?: string; atMs?: number } = {}): this {
    const op = this.op();
    const text = more.text ?? clientMessageId;
    this.add({ type: 'send', client, op, conversationId, clientMessageId, text });
    if (seq === null) return this;
    return this.add({ type: 'ack', client, op, seq, atMs: more.atMs ?? seq, messageCount: seq - 1 });
  }

  entry(client: string, entry: Entry): this {
    return this.add({ type: 'entry', client, entry });
  }

  shown(client: string, entry: Entry): this {
    return this.add({ type: 'shown', client, entry });
  }

  page(client: string, after: number, page: { entries: Entry[]; headSeq: number; revision?: number }): this {
    const op = this.op();
    this.add({ type: 'read_page', client, op, conversationId, after });
    return this.add({ type: 'page', client, op, visibleFromSeq: 1, ...page });
  }
}

/** A message as the history has it. Its number follows that of the creation, which is 1. */
export function message(
  sender: Name,
  clientMessageId: string,
  seq: number,
  more: Partial<MessageEntry> = {},
): MessageEntry {
  return {
    ...{ kind: 'message', conversationId, seq, messageCount: seq - 1, atMs: seq, senderId: userIds[sender] },
    ...{ clientMessageId, text: clientMessageId, ...more },
  };
}

export function creation(): Entry {
  return {
    ...{ kind: 'created', conversationId, seq: 1, messageCount: 0, atMs: 1, senderId: userIds.ana },
    ...{ conversationKind: 'group', name: 'group', userIds: created },
  };
}

/** The entry that ends or begins a membership. The message count is that of `messages` messages before it. */
export function membership(kind: 'removed' | 'added', name: Name, seq: number, messages: number): Entry {
  const base = { conversationId, seq, messageCount: messages, atMs: seq, senderId: userIds.ana };
  return kind === 'removed' ? { kind, ...base, userId: userIds[name] } : { kind, ...base, userIds: [userIds[name]] };
}
