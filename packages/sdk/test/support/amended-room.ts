import { expect } from 'bun:test';
import type { MessageEntry } from '@parley/protocol';
import { type Conversation, MemoryStore, type ParleyClient, type ParleyError } from '../../src/index.ts';
import { roomId } from './entries.ts';
import type { FakeApi } from './fake-api.ts';

/** What a reader of the events shows: the text of each message, with marks for what else there is. */
export class Shown {
  readonly texts = new Map<number, string>();
  readonly failures: ParleyError[] = [];
  rereads = 0;

  constructor(client: ParleyClient) {
    client.on('entry', (entry) => entry.kind === 'message' && this.texts.set(entry.seq, lineOf(entry)));
    client.on('amended', ({ messages, reread, failure }) => {
      for (const each of messages) this.texts.set(each.seq, lineOf(each));
      if (reread) this.rereads++;
      if (failure) this.failures.push(failure);
    });
  }
}

export function lineOf({ text, editedAtMs, reactions = [] }: MessageEntry): string {
  const counts = reactions.map(({ emoji, count, mine }) => ` ${emoji}${count}${mine ? '!' : ''}`);
  return `${text}${editedAtMs === undefined ? '' : ' (edited)'}${counts.join('')}`;
}

export async function connected(
  api: FakeApi,
  store = new MemoryStore(),
): Promise<{ client: ParleyClient; shown: Shown }> {
  const client = await api.client(store);
  const shown = new Shown(client);
  client.connect();
  await api.accept();
  expect(client.state.name).toBe('live');
  return { client, shown };
}

/** The room as the client has it. */
export function roomOf(client: ParleyClient): Conversation {
  const room = client.conversations.get(roomId);
  if (!room) throw new Error('the client has no room');
  return room;
}

export async function comeBack(api: FakeApi): Promise<void> {
  await api.runtime.pass(60_000);
  await api.accept();
}
