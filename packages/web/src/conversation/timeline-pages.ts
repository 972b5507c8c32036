import type { Entry, MessageEntry } from '@parley/protocol';
import type { History } from '@parley/sdk';

/** The number of entries that a conversation opens with. */
export const pageSize = 100;

/** Whether a page reaches back to the first entry that the person may see. */
export function startsAt(first: Entry, page: History): boolean {
  return first.seq <= page.visibleFromSeq;
}

/** The longest range without gaps at the end of a page. */
export function gaplessEnd({ entries, gaps }: History): readonly Entry[] {
  const lastSeq = entries.at(-1)?.seq ?? 0;
  const gap = gaps.findLast(({ toSeq }) => toSeq < lastSeq);
  return gap ? entries.filter(({ seq }) => seq > gap.toSeq) : entries;
}

/** The longest range without gaps that contains an entry. Empty if the page does not have the entry. */
export function gaplessAround({ entries, gaps }: History, seq: number): readonly Entry[] {
  if (!entries.some((entry) => entry.seq === seq)) return [];
  const before = gaps.findLast(({ toSeq }) => toSeq < seq)?.toSeq ?? 0;
  const after = gaps.find(({ fromSeq }) => fromSeq > seq)?.fromSeq ?? Number.POSITIVE_INFINITY;
  return entries.filter((entry) => entry.seq > before && entry.seq < after);
}

/** Whether the stored page has the newest entry and enough entries before it. */
export function endsAt(stored: History, headSeq: number): boolean {
  const shown = gaplessEnd(stored);
  return shown.at(-1)?.seq === headSeq && (shown.length >= pageSize / 2 || shown[0]?.seq === stored.visibleFromSeq);
}

/** Whether entries without a gap contain those around a number. */
export function covers(shown: readonly Entry[], seq: number, { visibleFromSeq }: History, headSeq: number): boolean {
  const from = Math.max(visibleFromSeq, seq - 20);
  const to = Math.min(headSeq, seq + 20);
  return (shown[0]?.seq ?? Number.POSITIVE_INFINITY) <= from && (shown.at(-1)?.seq ?? 0) >= to;
}

/** Replaces entries by the messages with the same numbers. Returns the same array if there are none. */
export function withAmended(entries: readonly Entry[], messages: readonly MessageEntry[]): readonly Entry[] {
  const states = new Map(messages.map((message) => [message.seq, message]));
  return entries.some(({ seq }) => states.has(seq)) ? entries.map((entry) => states.get(entry.seq) ?? entry) : entries;
}

/** The last of these messages whose text another person has changed or deleted, compared with the entries before. */
export function rewordedByOthers(
  before: readonly Entry[],
  messages: readonly MessageEntry[],
  me: string | undefined,
): MessageEntry | undefined {
  const shown = new Map(before.map((entry) => [entry.seq, entry]));
  return messages.findLast((message) => {
    const entry = shown.get(message.seq);
    const byId = message.deleted?.byId ?? message.senderId;
    return entry?.kind === 'message' && entry.text !== message.text && byId !== me;
  });
}
