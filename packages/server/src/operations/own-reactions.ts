import type { Entry, UserId } from '@parley/protocol';
import type { HistoryStore, MessageReaction } from '../history/history-port.ts';

/** Marks the reactions of the reader in entries of any conversations. Reads nothing when no message has reactions. */
export async function withOwnReactions<Given extends Entry>(
  history: Pick<HistoryStore, 'ownReactions'>,
  readerId: UserId,
  entries: readonly Given[],
): Promise<Given[]> {
  const reacted = entries.flatMap((entry) => {
    if (entry.kind !== 'message' || !entry.reactions) return [];
    const { conversationId, seq } = entry;
    return entry.reactions.map(({ emoji }) => ({ conversationId, seq, emoji }));
  });
  if (reacted.length === 0) return [...entries];
  const isOwn = new Set((await history.ownReactions(readerId, reacted)).map(keyOf));
  return entries.map((entry) => {
    if (entry.kind !== 'message' || !entry.reactions) return entry;
    const reactions = entry.reactions.map((each) =>
      isOwn.has(keyOf({ conversationId: entry.conversationId, seq: entry.seq, emoji: each.emoji }))
        ? { ...each, mine: true as const }
        : each,
    );
    return { ...entry, reactions };
  });
}

function keyOf({ conversationId, seq, emoji }: MessageReaction): string {
  return `${conversationId} ${seq} ${emoji}`;
}
