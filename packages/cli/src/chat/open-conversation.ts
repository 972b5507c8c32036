import type { Conversation, Entry, History, ParleyClient } from '@parley/sdk';

/** The open conversation and its loaded entries. */
export interface OpenConversation {
  conversation: Conversation;
  entries: Entry[];
  /** The first entry that the user may read. */
  visibleFromSeq: number;
  /** Whether all older entries are loaded. */
  complete: boolean;
  loading: boolean;
  /** Entries are read as they are shown while this is the version of the read position. */
  readVersion: number;
  /**
   * Whether the client was live since the conversation was opened, or the user marked it as unread here. Until then,
   * marks count as made before it was opened.
   */
  wasLive: boolean;
}

type Client = Pick<ParleyClient, 'state'>;

/** A conversation that is opened, without entries yet. */
export function newlyOpened(conversation: Conversation, { state }: Client): OpenConversation {
  const wasLive = state.name === 'live';
  const readVersion = readVersionOf(conversation);
  return { conversation, entries: [], visibleFromSeq: 1, complete: false, loading: false, readVersion, wasLive };
}

function readVersionOf({ data }: Conversation): number {
  return data.membership?.readVersion ?? 0;
}

/** Marks the newest entry as read, unless the conversation was marked as unread, on any device, while it was open. */
export function readNewest(open: OpenConversation | null, { state }: Client): void {
  if (!open) return;
  const newest = open.entries.at(-1);
  if (!open.wasLive) open.readVersion = readVersionOf(open.conversation);
  open.wasLive ||= state.name === 'live';
  if (newest && open.readVersion === readVersionOf(open.conversation)) open.conversation.markRead(newest.seq);
}

/** Marks the newest entry as read, and from now on those that are shown. */
export function resumeReading(open: OpenConversation, client: Client): void {
  open.readVersion = readVersionOf(open.conversation);
  readNewest(open, client);
}

/** Whether a page has the first of these entries that the user may read. Entries that the store lacks may follow later. */
export function reachesFirst({ gaps, visibleFromSeq }: History, entries: readonly Entry[]): boolean {
  return gaps.length === 0 && (entries[0]?.seq ?? 1) <= visibleFromSeq;
}
