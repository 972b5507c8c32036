import type { Entry, Gap } from '@parley/sdk';
import type { ShownEntry } from './entry-lines.ts';

/** Prefix of the keys of lines that represent a gap. */
export const gapKey = 'gap ';

/** The gap between two adjacent entries on the screen; null if there is none with entries that the user may see. */
export function gapBetween(before: Entry | undefined, after: Entry, visibleFromSeq: number): Gap | null {
  if (!before) return null;
  const gap = { fromSeq: Math.max(before.seq + 1, visibleFromSeq), toSeq: after.seq - 1 };
  return gap.fromSeq <= gap.toSeq ? gap : null;
}

/** The newest gap between the entries. */
export function newestGap(entries: readonly Entry[], visibleFromSeq: number): Gap | undefined {
  const gaps = entries.map((entry, index) => gapBetween(entries[index - 1], entry, visibleFromSeq));
  return gaps.findLast((gap) => gap !== null) ?? undefined;
}

/** The line that represents a gap. */
export function shownGap(gap: Gap): ShownEntry {
  return {
    key: `${gapKey}${gap.fromSeq}`,
    time: '',
    author: null,
    text: `${gapText(gap)}; /load loads them`,
    failure: '',
    state: 'sent',
  };
}

export function gapText({ fromSeq, toSeq }: Gap): string {
  const count = toSeq - fromSeq + 1;
  return count === 1 ? '1 entry is not loaded' : `${count.toLocaleString('en')} entries are not loaded`;
}

/** The union of both, ordered by number. */
export function merged(entries: readonly Entry[], more: readonly Entry[]): Entry[] {
  const bySeq = new Map([...entries, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** The rest of the gaps after these entries were loaded; entries below `visibleFromSeq` can't be loaded. */
export function withoutEntries(gaps: readonly Gap[], entries: readonly Entry[], visibleFromSeq: number): Gap[] {
  return entries.reduce<Gap[]>(
    (remaining, { seq }) => remaining.flatMap((gap) => withoutRange(gap, { fromSeq: seq, toSeq: seq })),
    gaps.flatMap((gap) => withoutRange(gap, { fromSeq: 0, toSeq: visibleFromSeq - 1 })),
  );
}

function withoutRange({ fromSeq, toSeq }: Gap, range: Gap): Gap[] {
  const before = { fromSeq, toSeq: Math.min(toSeq, range.fromSeq - 1) };
  const after = { fromSeq: Math.max(fromSeq, range.toSeq + 1), toSeq };
  return [before, after].filter((gap) => gap.fromSeq <= gap.toSeq);
}
