import { type ConversationId, type Entry, limits } from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { History } from './history.ts';
import type { Runtime } from './runtime.ts';

/** The number of entries buffered for a slow loop. Further entries are fetched again later. */
const bufferMax = 1_000;

/** The conversation whose entries are returned. */
interface Source {
  readonly id: ConversationId;
  history(page: { after: number; limit: number }): Promise<Pick<History, 'entries' | 'source'>>;
}

/** What {@link liveEntries} needs. */
export interface LiveEntriesPorts {
  readonly connection: Pick<Connection, 'isConnected'>;
  readonly runtime: Pick<Runtime, 'after'>;
  readonly events: {
    on(name: 'entry', handler: (entry: Entry) => void): () => void;
    on(name: 'state', handler: () => void): () => void;
    on(name: 'restored', handler: (event: { conversation: Source | null }) => void): () => void;
    on(name: 'conversation', handler: (event: { conversation: Source; removed: boolean }) => void): () => void;
  };
  reportFailure(error: unknown): void;
}

/**
 * The live entries of one conversation after the number `after`. Registers handlers before it fetches, so that no entry
 * is lost in between (contract 5), and skips entries that it has already returned.
 *
 * @param position returns the number of the last entry that was shown.
 */
export async function* liveEntries(
  conversation: Source,
  position: () => number,
  ports: LiveEntriesPorts,
  after: number,
): AsyncGenerator<Entry, void, undefined> {
  let shown = after;
  let buffer: Entry[] = [];
  let wake: () => void = () => undefined;
  let removed = false;
  const stops = [
    ports.events.on('entry', (entry) => {
      if (entry.conversationId !== conversation.id) return;
      if (buffer.length < bufferMax) buffer.push(entry);
      wake();
    }),
    ports.events.on('state', () => wake()),
    ports.events.on('restored', (event) => {
      if (event.conversation !== conversation) return;
      shown = Math.min(shown, position());
      buffer = [];
      wake();
    }),
    ports.events.on('conversation', (event) => {
      removed ||= event.removed && event.conversation === conversation;
      wake();
    }),
  ];
  try {
    while (true) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const next = buffer.shift();
      if (next && next.seq <= shown) continue;
      if (next?.seq === shown + 1) {
        shown = next.seq;
        yield next;
        continue;
      }
      if (next) buffer = [];
      if (removed) return;
      if (shown >= position() || !ports.connection.isConnected) {
        await woken;
        continue;
      }
      for (const entry of await fetchAfter(conversation, ports, shown)) {
        if (entry.seq <= shown) continue;
        shown = entry.seq;
        yield entry;
      }
    }
  } finally {
    for (const stop of stops) stop();
  }
}

async function fetchAfter(conversation: Source, ports: LiveEntriesPorts, after: number): Promise<Entry[]> {
  try {
    const { entries, source } = await conversation.history({ after, limit: limits.historyPageMax });
    // A page from the store may have gaps.
    if (source === 'server') return entries;
  } catch (error) {
    ports.reportFailure(error);
  }
  await new Promise<void>((resolve) => ports.runtime.after(1_000, resolve));
  return [];
}
