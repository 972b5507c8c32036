import { type Entry, limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';

/** Entries that wait for a slow loop; beyond it they are fetched again when their turn comes. */
const bufferMax = 1_000;

/**
 * The live entries of one conversation after the number `after`. Listens first, then fetches what lies between, so
 * that nothing falls between the two (contract 5); whatever it has already shown falls away by number.
 */
export async function* liveEntries(
  conversation: Conversation,
  core: ClientCore,
  after: number,
): AsyncGenerator<Entry, void, undefined> {
  let shown = after;
  let buffer: Entry[] = [];
  let wake: () => void = () => undefined;
  const stop = core.events.on('entry', (entry) => {
    if (entry.conversationId !== conversation.id) return;
    if (buffer.length < bufferMax) buffer.push(entry);
    wake();
  });
  const stopState = core.events.on('state', () => wake());
  const stopRestored = core.events.on('restored', (event) => {
    if (event.conversation !== conversation) return;
    shown = Math.min(shown, conversation.sequencer.position);
    buffer = [];
    wake();
  });
  let removed = false;
  const stopConversation = core.events.on('conversation', (event) => {
    removed ||= event.removed && event.conversation === conversation;
    wake();
  });
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
      if (shown >= conversation.sequencer.position || !core.isConnected) {
        await woken;
        continue;
      }
      for (const entry of await fetchAfter(conversation, core, shown)) {
        if (entry.seq <= shown) continue;
        shown = entry.seq;
        yield entry;
      }
    }
  } finally {
    stop();
    stopState();
    stopRestored();
    stopConversation();
  }
}

async function fetchAfter(conversation: Conversation, core: ClientCore, after: number): Promise<Entry[]> {
  try {
    const { entries } = await conversation.history({ after, limit: limits.historyPageMax });
    return entries;
  } catch (error) {
    core.events.emit('error', error);
    await new Promise<void>((resolve) => core.runtime.after(1_000, resolve));
    return [];
  }
}
