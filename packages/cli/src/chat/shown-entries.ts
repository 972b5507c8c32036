import type { Entry, MessageEntry } from '@parley/sdk';
import { peopleIn, quoteLine, type ShownEntry, shownEntry } from './entry-lines.ts';
import { gapBetween, shownGap } from './gaps.ts';

/**
 * Makes the text of each entry once, and again when a name in it or the message that it quotes changes: a screen shows
 * thousands at each redraw.
 */
export class ShownEntries {
  private readonly known = new WeakMap<Entry, { names: string; shown: ShownEntry }>();

  constructor(
    private readonly name: (userId: string) => string,
    private readonly quoted: (conversationId: string, seq: number) => MessageEntry | undefined,
  ) {}

  /** These entries, with a line for each gap between them. */
  of(entries: readonly Entry[], visibleFromSeq: number): ShownEntry[] {
    return entries.flatMap((entry, index) => {
      const gap = gapBetween(entries[index - 1], entry, visibleFromSeq);
      return [...(gap ? [shownGap(gap)] : []), this.shown(entry)];
    });
  }

  /** The line for the message that is replied to; empty if there is none. */
  quoteOf({ conversationId, replyTo }: Pick<MessageEntry, 'conversationId' | 'replyTo'>): string {
    return replyTo === undefined ? '' : quoteLine(this.quoted(conversationId, replyTo), this.name);
  }

  shown(entry: Entry): ShownEntry {
    const quote = entry.kind === 'message' ? this.quoteOf(entry) : '';
    const names = [...peopleIn(entry).map(this.name), quote].join('\n');
    const known = this.known.get(entry);
    if (known?.names === names) return known.shown;
    const shown = shownEntry(entry, this.name, quote);
    this.known.set(entry, { names, shown });
    return shown;
  }
}
