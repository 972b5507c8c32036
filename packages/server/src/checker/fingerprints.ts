import type { Entry, MessageEntry } from '@parley/protocol';

/** A number of 53 bits that stands for a text. Texts themselves are not kept, so that long ones cost no memory. */
export function fingerprint(text: string): number {
  return Bun.hash.xxHash32(text, 1) * 0x20_0000 + (Bun.hash.xxHash32(text, 2) >>> 11);
}

/** What never changes of a message, as far as its sender is told by the acknowledgement. */
export interface SentMessage {
  senderId: string;
  clientMessageId: string;
  messageCount: number;
}

export function messageIdentity({ senderId, clientMessageId, messageCount }: SentMessage): number {
  return fingerprint(`${senderId} ${messageCount} ${clientMessageId}`);
}

/** What no amendment changes of an entry, without its time. */
export function identityOf(entry: Entry): number {
  if (entry.kind === 'message') return messageIdentity(entry);
  const { atMs: _, ...others } = entry;
  return fingerprint(JSON.stringify(sorted(others)));
}

/** Everything that an amendment can change of a message, without what depends on the reader. */
export function stateOf(message: MessageEntry): number {
  const { text, replyTo, editedAtMs, deleted, reactions = [], pinned } = message;
  const counts = reactions.map(({ emoji, count }) => [emoji, count]);
  return fingerprint(JSON.stringify([text, replyTo, editedAtMs, sorted(deleted), counts, sorted(pinned)]));
}

/** The object with its fields in one order, because programs write them in any. */
function sorted(object: object | undefined): object | undefined {
  return object && Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
