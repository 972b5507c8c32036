import type { Entry, MessageEntry } from '@parley/protocol';

/** The conversation's revision when the entry was last amended; 0 if it never was. */
export function revisionOf(entry: Entry): number {
  return entry.kind === 'message' ? (entry.revision ?? 0) : 0;
}

/** The state with the later amendments; `present` if they are equal. */
export function later<Given extends Entry>(present: Given, known: Given | undefined): Given {
  return known && revisionOf(known) > revisionOf(present) ? known : present;
}

/** The emoji with which the user has reacted. */
export function ownReactionsOf({ reactions = [] }: MessageEntry): Set<string> {
  return new Set(reactions.flatMap(({ emoji, mine }) => (mine ? emoji : [])));
}

/** The message with these reactions marked as the user's own. */
export function withOwnReactions(message: MessageEntry, own: ReadonlySet<string>): MessageEntry {
  if (!message.reactions) return message;
  const reactions = message.reactions.map(({ mine, ...reaction }) =>
    own.has(reaction.emoji) ? { ...reaction, mine: true as const } : reaction,
  );
  return { ...message, reactions };
}
