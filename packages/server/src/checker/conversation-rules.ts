import type { Entry, MessageEntry } from '@parley/protocol';
import type { Report } from './finding.ts';
import type { LineOf } from './format.ts';
import { Amendments } from './rules/amendments.ts';
import { EntryOrder } from './rules/entry-order.ts';
import { Membership } from './rules/membership.ts';
import { Replay } from './rules/replay.ts';
import { Sends } from './rules/sends.ts';
import { Views } from './rules/views.ts';

/** A client of the recording. */
export interface RecordedClient {
  name: string;
  userId: string;
  /** The line by which it last began to connect. */
  connectingLine: number;
}

/** A read under way: what it has to return at least. */
export interface ReadBegun {
  line: number;
  /** The highest number that the client had seen. */
  seen: { value: number; line: number };
}

/** Bounds the memory of a recording with many violations. */
const staleMax = 100;

/** All that is known of one conversation since the beginning or the last restore. */
export class ConversationRules {
  order: EntryOrder;
  amendments: Amendments;
  readonly sends: Sends;
  membership: Membership;
  readonly views: Views;
  private readonly replay = new Replay();
  private stale: { seq: number; ackLine: number; requestLine: number; line: number }[] = [];
  /** Messages whose amendments ranges lack. That is right if a later range has the state of a later amendment. */
  private missed: { seq: number; upTo: number; what: string; lines: number[] }[] = [];
  private readPositions: { seq: number; line: number }[] = [];
  /** The highest position that each user marked as read with success. */
  private readonly marked = new Map<string, { seq: number; line: number }>();

  constructor(
    private readonly report: Report,
    private readonly isRecorded: (userId: string) => boolean,
  ) {
    this.order = new EntryOrder(report);
    this.amendments = new Amendments(report, isRecorded);
    this.membership = new Membership(report, isRecorded);
    this.sends = new Sends(report, isRecorded);
    this.views = new Views(report);
  }

  /** The history went back to an earlier moment: numbers and revisions are assigned again. */
  restored(): void {
    this.end();
    this.order = new EntryOrder(this.report);
    this.amendments = new Amendments(this.report, this.isRecorded);
    this.membership = new Membership(this.report, this.isRecorded);
    this.stale = [];
    this.missed = [];
    this.readPositions = [];
    this.forgetMarks();
    this.sends.restored();
    this.views.restored();
  }

  /** An entry that reached a client. `asOf`: see {@link Amendments.see}. */
  see(client: RecordedClient, entry: Entry, line: number, asOf?: number): void {
    if (this.order.see(entry, line)) this.membership.see(entry, line);
    this.membership.reached(client.userId, entry.seq, line);
    this.views.reached(client.name, entry.seq, line);
    if (entry.kind !== 'message') return;
    this.sends.see(entry, line, this.order);
    this.amendments.see(entry, line, asOf);
  }

  page(client: RecordedClient, request: LineOf<'read_page'>, begun: ReadBegun, page: LineOf<'page'>, line: number) {
    const { entries, headSeq, visibleFromSeq, revision, catchingUp } = page;
    for (const entry of entries) this.see(client, entry, line, revision ?? 0);
    this.compareRange(request, begun.line, page, line);
    for (const { seq } of entries) {
      if (seq >= visibleFromSeq) continue;
      this.report(
        'reached-before-joining',
        `entry ${seq} is below ${visibleFromSeq}, the first that the user may read`,
        [line],
      );
      break;
    }
    if (catchingUp || this.replay.affects(begun.line)) return;
    const acknowledged = this.order.acknowledged.before(begun.line);
    const floor = acknowledged.value >= begun.seen.value ? acknowledged : begun.seen;
    if (headSeq < floor.value && this.stale.length < staleMax) {
      this.stale.push({ seq: floor.value, ackLine: floor.line, requestLine: begun.line, line });
    }
    this.requireRevision(revision ?? 0, begun.line, line);
  }

  changes(
    client: RecordedClient,
    request: LineOf<'read_changes'>,
    begun: ReadBegun,
    line: number,
    answer: LineOf<'changes'>,
  ) {
    const { entries, revision, complete, reread } = answer;
    for (const entry of entries) this.see(client, entry, line, revision);
    if (!reread) this.requireAmendments(client, entries, { after: request.after, upTo: revision }, line, begun.line);
    if (complete) this.requireRevision(revision, begun.line, line);
  }

  amended(client: RecordedClient, { after, revision, entries }: LineOf<'amended'>, line: number): void {
    for (const entry of entries) this.see(client, entry, line, revision);
    this.requireAmendments(client, entries, { after, upTo: revision }, line, line);
  }

  /** A number that a client has been told of as the end of the conversation. */
  requireHead(
    seq: number,
    since: number,
    line: number,
    rule: 'stale-read' | 'catch-up-incomplete',
    what: string,
  ): void {
    const floor = this.order.acknowledged.before(since);
    if (seq >= floor.value || this.replay.affects(since)) return;
    if (rule === 'stale-read') this.stale.push({ seq: floor.value, ackLine: floor.line, requestLine: since, line });
    else
      this.report(rule, `${what} ends at ${seq}, but ${floor.value} was acknowledged before`, [
        floor.line,
        since,
        line,
      ]);
  }

  requireRevision(revision: number, since: number, line: number): void {
    const floor = this.amendments.acknowledged.before(since);
    if (revision >= floor.value || this.replay.affects(since)) return;
    const what = `a read has revision ${revision}, but ${floor.value} was acknowledged before it began`;
    this.report('stale-state', what, [floor.line, since, line]);
  }

  settled(client: RecordedClient, view: LineOf<'settled'>, line: number): void {
    const { entries, headSeq, revision = 0, readSeq } = view;
    for (const entry of entries) this.see(client, entry, line, revision);
    const { highest } = this.order;
    const lastSeq = Math.min(highest.value, this.membership.lastVisible(client.userId));
    if (headSeq < lastSeq) {
      const what = `${client.name} settled at entry ${headSeq}, but there is an entry ${lastSeq}`;
      const lineOfLast = this.order.seenLine(lastSeq) || this.order.ackLine(lastSeq);
      this.report('not-converged', what, [lineOfLast, line]);
    }
    const isMember = lastSeq === highest.value;
    const newest = this.amendments.highest;
    if (isMember && revision < newest.value) {
      const what = `${client.name} settled at revision ${revision}, but there is a revision ${newest.value}`;
      this.report('not-converged', what, [newest.line, line]);
    }
    this.compareEnd(entries, headSeq, line);
    if (readSeq !== undefined) this.requireRead(client.userId, readSeq, line, line);
  }

  readPosition(seq: number, line: number): void {
    if (seq > this.order.highest.value && this.readPositions.length < staleMax) this.readPositions.push({ seq, line });
  }

  markedRead(userId: string, seq: number, line: number): void {
    if (seq > (this.marked.get(userId)?.seq ?? 0)) this.marked.set(userId, { seq, line });
  }

  /** The stores went back, and the log is replayed. */
  beginReplay(): void {
    this.replay.begin();
    this.order.forgetTimes();
  }

  /** Read positions are not in the log. */
  endReplay(line: number): void {
    this.replay.end(line);
    this.forgetMarks();
  }

  /** Read positions are not synced: a store that crashed may have lost those that it had accepted. */
  forgetMarks(): void {
    this.marked.clear();
  }

  /** `since`: the line at which the read began. */
  requireRead(userId: string, readSeq: number, since: number, line: number): void {
    const marked = this.marked.get(userId);
    if (!marked || marked.line >= since || readSeq >= marked.seq || this.replay.affects(since)) return;
    const what = `the read position is ${readSeq}, but ${marked.seq} was marked as read before`;
    this.report('stale-read-position', what, [marked.line, since, line]);
  }

  /** Judges what could not be judged before the whole recording was known. */
  end(): void {
    for (const { seq, ackLine, requestLine, line } of this.stale) {
      const later = this.order.lastSeenLine(seq);
      const isBack = later > line;
      const what = `entry ${seq} was acknowledged or seen before the read began, and the read does not have it`;
      const lines = [ackLine, requestLine, line, isBack ? later : 0];
      this.report(isBack ? 'stale-read' : 'acknowledged-lost', what, lines);
    }
    for (const { seq, line } of this.readPositions) {
      if (seq <= this.order.highest.value) continue;
      this.report('read-beyond-end', `a read position is ${seq}, but no entry has that number`, [line]);
    }
    this.forgetExplained();
    for (const { what, lines } of this.missed) this.report('amendment-missed', what, lines);
    this.membership.end(this.sends);
    this.sends.end((seq) => this.amendments.isDeleted(seq));
  }

  /** A page has consecutive entries, from or to the number that was asked for. */
  private compareRange(request: LineOf<'read_page'>, requestLine: number, page: LineOf<'page'>, line: number): void {
    const { entries, headSeq, visibleFromSeq } = page;
    this.compareEnd(entries, null, line);
    const { before, after, around } = request;
    const gap = (what: string) => this.report('page-gap', what, [requestLine, line]);
    if (after !== undefined) {
      const first = Math.max(after + 1, visibleFromSeq);
      if (first <= headSeq && entries[0]?.seq !== first) {
        gap(`the page after ${after} begins with ${entries[0]?.seq ?? 'nothing'} instead of ${first}`);
      }
    } else if (around === undefined) {
      const last = Math.min((before ?? Number.POSITIVE_INFINITY) - 1, headSeq);
      if (last >= visibleFromSeq && entries.at(-1)?.seq !== last) {
        gap(`the page ends with ${entries.at(-1)?.seq ?? 'nothing'} instead of ${last}`);
      }
    }
  }

  /** The entries are consecutive, and end with `headSeq` if it is given. */
  private compareEnd(entries: readonly Entry[], headSeq: number | null, line: number): void {
    for (const [index, { seq }] of entries.entries()) {
      const before = entries[index - 1]?.seq;
      if (before === undefined || seq === before + 1) continue;
      this.report('page-gap', `entry ${before} is followed by ${seq}`, [line]);
      return;
    }
    const last = entries.at(-1)?.seq;
    if (headSeq === null || last === undefined || last === headSeq) return;
    this.report('page-gap', `the view ends with entry ${last} instead of ${headSeq}`, [line]);
  }

  /** The amendments of a range that are known have to be among the entries, if the client may read the messages. */
  private requireAmendments(
    client: RecordedClient,
    entries: readonly MessageEntry[],
    { after, upTo }: { after: number; upTo: number },
    line: number,
    since: number,
  ): void {
    // Each message once.
    const included = new Set(entries.map(({ seq }) => seq));
    for (const { revision, seq, line: knownLine } of this.amendments.knownIn(after, upTo)) {
      // Only messages that reached the client before are certain to be readable by it.
      if (included.has(seq) || knownLine >= since || !this.views.hasReached(client.name, seq)) continue;
      if (this.amendments.lastRevisionOf(seq) > upTo) continue;
      if (this.missed.length >= staleMax) this.forgetExplained();
      if (this.missed.length >= staleMax) return;
      included.add(seq);
      const what = `the amendments after ${after} up to ${upTo} lack revision ${revision} of message ${seq}`;
      this.missed.push({ seq, upTo, what, lines: [knownLine, since, line, ...this.views.linesOf(client.name)] });
    }
  }

  /** Keeps of the messages whose amendments a range lacks those that no later amendment explains. */
  private forgetExplained(): void {
    this.missed = this.missed.filter(({ seq, upTo }) => this.amendments.lastRevisionOf(seq) <= upTo);
  }
}
