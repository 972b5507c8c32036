import type { Entry } from '@parley/protocol';
import type { Report } from '../finding.ts';
import type { Known } from './entry-order.ts';
import type { Sends } from './sends.ts';

interface Change extends Known {
  kind: 'join' | 'leave';
  /** For a join: whether a client of the recording asked for it. */
  isAsked: boolean;
}

interface OfUser {
  changes: Change[];
  /** The highest number that reached the user. */
  highest: Known;
  /** Numbers that reached the user although they were known not to be a member, at most one for each line. */
  outside: Known[];
}

/** Bounds the memory of a recording with many violations. */
const outsideMax = 100;

/** A removed user gets no entry numbered after the removal, and sends none (contract 8). */
export class Membership {
  private readonly users = new Map<string, OfUser>();
  /** The lines at which a client asked for a user to become a member. */
  private readonly asks = new Map<string, number[]>();

  constructor(
    private readonly report: Report,
    private readonly isRecorded: (userId: string) => boolean,
  ) {}

  /** A client asks for these users to become members. */
  askToJoin(userIds: readonly string[], line: number): void {
    for (const userId of userIds) this.asks.set(userId, [...(this.asks.get(userId) ?? []), line]);
  }

  /** An entry that was not seen before. */
  see(entry: Entry, line: number): void {
    const { seq } = entry;
    const isAsked = entry.kind !== 'created' && this.isRecorded(entry.senderId);
    for (const { userId, kind } of membershipChanges(entry)) {
      const { changes } = this.of(userId);
      const at = changes.findLastIndex((change) => change.seq < seq) + 1;
      changes.splice(at, 0, { seq, line, kind, isAsked });
    }
  }

  /** Whether the user was a member after the last change before a number, as far as is known. */
  isMemberAt(userId: string, seq: number): boolean {
    return this.users.get(userId)?.changes.findLast((change) => change.seq < seq)?.kind !== 'leave';
  }

  /** The last number that the user may have, and whether the user is a member at the end of what is known. */
  lastVisible(userId: string): number {
    const last = this.users.get(userId)?.changes.at(-1);
    return last?.kind === 'leave' ? last.seq : Number.POSITIVE_INFINITY;
  }

  reached(userId: string, seq: number, line: number): void {
    const user = this.of(userId);
    if (seq > user.highest.seq) user.highest = { seq, line };
    if (user.outside.length >= outsideMax || this.isMemberAt(userId, seq)) return;
    if (user.outside.at(-1)?.line !== line) user.outside.push({ seq, line });
  }

  /** Judges what could not be judged before all changes were known. */
  end(sends: Sends): void {
    for (const [userId, { changes, highest, outside }] of this.users) {
      const leaves = changes.filter(({ kind }) => kind === 'leave');
      if (leaves.length === 0) continue;
      for (const known of sends.numbersOf(userId)) {
        const leave = changes.findLast((change) => change.seq < known.seq);
        if (leave?.kind !== 'leave') continue;
        const what = `entry ${known.seq} is by ${userId}, whose membership ended with ${leave.seq}`;
        this.report('sent-by-removed', what, [leave.line, known.line]);
      }
      for (const known of outside.some(({ line }) => line === highest.line) ? outside : [...outside, highest]) {
        this.judge(userId, changes, known, sends);
      }
    }
  }

  private judge(userId: string, changes: readonly Change[], { seq, line }: Known, sends: Sends): void {
    const before = changes.findLast((change) => change.seq < seq);
    if (before?.kind !== 'leave') return;
    const again = changes.find((change) => change.seq >= seq && change.kind === 'join');
    // A user who joins again may read what was written in between, once that is decided.
    const proof = again ? this.decidedAfter(userId, changes, again, { line, sends }) : [];
    if (proof === null) return;
    const what = `entry ${seq} reached ${userId}, whose membership ended with ${before.seq}`;
    this.report('reached-removed', what, [before.line, line, again?.line ?? 0, ...proof]);
  }

  /**
   * The lines that show that a join was decided after a line: clients had asked for fewer joins until then, or an entry
   * before it was sent only then. Null if nothing shows it.
   */
  private decidedAfter(
    userId: string,
    changes: readonly Change[],
    join: Change,
    { line, sends }: { line: number; sends: Sends },
  ): number[] | null {
    const joins = changes.filter(({ kind, seq }) => kind === 'join' && seq <= join.seq && seq > 1);
    const asked = (this.asks.get(userId) ?? []).filter((ask) => ask < line).length;
    if (asked < joins.length && joins.every(({ isAsked }) => isAsked)) return [];
    const last = sends.lastSentUpTo(join.seq);
    return last && last.sendLine > line ? [last.sendLine, last.line] : null;
  }

  private of(userId: string): OfUser {
    const known = this.users.get(userId) ?? { changes: [], highest: { seq: 0, line: 0 }, outside: [] };
    this.users.set(userId, known);
    return known;
  }
}

/** Whose membership an entry begins or ends. The checker does not use the product's own function for this. */
function membershipChanges(entry: Entry): { userId: string; kind: 'join' | 'leave' }[] {
  const joins = (userIds: readonly string[]) => userIds.map((userId) => ({ userId, kind: 'join' as const }));
  const leaves = (userId: string) => [{ userId, kind: 'leave' as const }];
  switch (entry.kind) {
    case 'created':
    case 'added':
      return joins(entry.userIds);
    case 'joined':
      return joins([entry.senderId]);
    case 'left':
      return leaves(entry.senderId);
    case 'removed':
      return leaves(entry.userId);
    case 'banned':
      return entry.wasMember ? leaves(entry.userId) : [];
    default:
      return [];
  }
}
