import type { Entry, MessageEntry } from '@parley/protocol';
import type { Rule } from '../../src/checker/finding.ts';
import type { LineOf, LineType, RecordedLine } from '../../src/checker/format.ts';
import { conversationId, userIds } from './recording.ts';

type Random = (below: number) => number;

/** A fault to put into a right recording. Returns null if the recording has no place for it. */
interface Mutation {
  /** At least one of these rules has to report it. */
  rules: readonly Rule[];
  apply(lines: RecordedLine[], random: Random): RecordedLine[] | null;
}

/** The faults by what a broken server or client would do. */
export const mutations: Record<string, Mutation> = {
  'an acknowledged entry is gone from a later page': {
    rules: ['acknowledged-lost', 'stale-read'],
    apply: (lines, random) =>
      change(lines, random, 'page', (page, at) => {
        const begun = lines.findIndex((line) => line.type === 'read_page' && line.op === page.op);
        const isFloor = lines.slice(0, begun).some((line) => line.type === 'ack' && line.seq === page.headSeq);
        if (!isFloor || at < begun) return null;
        const headSeq = page.headSeq - 1;
        return { ...page, headSeq, entries: page.entries.filter(({ seq }) => seq <= headSeq) };
      }),
  },
  'an entry has another content for one client': {
    rules: ['two-contents', 'acknowledged-differs'],
    apply: (lines, random) =>
      change(lines, random, 'shown', (shown) => {
        const { entry } = shown;
        const isSeen = lines.some((line) => line !== shown && 'entry' in line && line.entry.seq === entry.seq);
        return isSeen ? { ...shown, entry: { ...entry, atMs: entry.atMs + 1 } } : null;
      }),
  },
  'a retry is stored as another entry': {
    rules: ['acknowledged-twice'],
    apply: (lines, random) => afterAck(lines, random, (send, ack) => [send, { ...ack, seq: ack.seq + 10_000 }]),
  },
  'the same id is accepted with another text': {
    rules: ['other-text-accepted'],
    apply: (lines, random) => {
      const isDeleted = (ack: LineOf<'ack'>) =>
        lines.some((line) => line.type === 'amend' && line.seq === ack.seq && line.change.kind === 'delete');
      return afterAck(lines, random, (send, ack) =>
        isDeleted(ack) ? null : [{ ...send, text: `${send.text} and more` }, ack],
      );
    },
  },
  'a safe retry is refused': {
    rules: ['retry-refused'],
    apply: (lines, random) =>
      afterAck(lines, random, (send, { client, op, timeMs }) => [
        send,
        { type: 'refused', timeMs, client, op, code: 'client_message_id_reused' },
      ]),
  },
  'an entry is in the history that nobody sent': {
    rules: ['not-sent'],
    apply: (lines, random) =>
      change(lines, random, 'entry', (line) => {
        const { entry } = line;
        if (entry.kind !== 'message') return null;
        return { ...line, entry: { ...entry, clientMessageId: 'never-sent', seq: entry.seq + 10_000 } };
      }),
  },
  'a refused message is in the history': {
    rules: ['refused-but-done'],
    apply: (lines, random) =>
      change(lines, random, 'ack', ({ timeMs, client, op, seq }, at) => {
        const send = lines.find((line) => line.type === 'send' && line.op === op) as LineOf<'send'>;
        const attempts = lines.filter((line) => line.type === 'send' && line.clientMessageId === send.clientMessageId);
        const isSeen = lines.slice(at).some((line) => 'entry' in line && line.entry.seq === seq);
        if (attempts.length > 1 || !isSeen) return null;
        return { type: 'refused', timeMs, client, op, code: 'announce_only' };
      }),
  },
  'a refusal has no time to retry': {
    rules: ['no-retry-time'],
    apply: (lines, random) => change(lines, random, 'refused', ({ retryAfterMs: _, ...refused }) => refused),
  },
  'a client shows two entries in the wrong order': {
    rules: ['shown-twice', 'shown-gap'],
    apply: (lines, random) => {
      const [first, second] = pair(lines, random);
      if (!first || !second) return null;
      return lines.map((line) =>
        line === first ? { ...first, entry: second.entry } : line === second ? { ...second, entry: first.entry } : line,
      );
    },
  },
  'a client leaves an entry out': {
    rules: ['shown-gap'],
    apply: (lines, random) => {
      const [, second, third] = pair(lines, random);
      return third ? lines.filter((line) => line !== second) : null;
    },
  },
  'a client shows an entry twice': {
    rules: ['shown-twice'],
    apply: (lines, random) => insertAfter(lines, random, 'shown', (line) => [line]),
  },
  'a page lacks an entry in the middle': {
    rules: ['page-gap'],
    apply: (lines, random) =>
      change(lines, random, 'page', (page) =>
        page.entries.length < 3 ? null : { ...page, entries: page.entries.filter((_, index) => index !== 1) },
      ),
  },
  'a page begins too late': {
    rules: ['page-gap'],
    apply: (lines, random) =>
      change(lines, random, 'page', (page) =>
        page.entries.length < 2 ? null : { ...page, entries: page.entries.slice(1) },
      ),
  },
  'a device does not have the last entry in the end': {
    rules: ['not-converged'],
    apply: (lines, random) =>
      change(lines, random, 'settled', (line) =>
        line.headSeq < 2 ? null : { ...line, headSeq: line.headSeq - 1, entries: line.entries.slice(0, -1) },
      ),
  },
  'a device does not have the last amendment in the end': {
    rules: ['not-converged', 'stale-state', 'two-states'],
    apply: (lines, random) =>
      change(lines, random, 'settled', (line) =>
        line.revision ? { ...line, revision: line.revision - 1, entries: line.entries } : null,
      ),
  },
  'a message is read without its newest amendment': {
    rules: ['stale-state', 'deletion-undone', 'two-states'],
    apply: (lines, random) =>
      change(lines, random, 'settled', (line) => {
        const at = line.entries.findIndex((entry) => entry.kind === 'message' && entry.revision !== undefined);
        if (at < 0) return null;
        const { revision: _, editedAtMs: __, deleted: ___, pinned: ____, ...entry } = line.entries[at] as MessageEntry;
        return { ...line, entries: line.entries.with(at, entry) };
      }),
  },
  'two clients see different states of one revision': {
    rules: ['two-states', 'deletion-undone', 'amendment-lost', 'not-sent'],
    apply: (lines, random) =>
      change(lines, random, 'settled', (line) => {
        const at = line.entries.findIndex((entry) => entry.kind === 'message' && entry.revision !== undefined);
        const others = lines.filter((other) => other.type === 'settled');
        if (at < 0 || others.length < 2) return null;
        const entry = line.entries[at] as MessageEntry;
        return { ...line, entries: line.entries.with(at, { ...entry, pinned: { atMs: 1, byId: userIds.ben } }) };
      }),
  },
  'one revision amends two messages': {
    rules: ['revision-twice'],
    apply: (lines, random) =>
      insertAfter(lines, random, 'amend_ack', (ack) => {
        const amend = lines.find((line) => line.type === 'amend' && line.op === ack.op) as LineOf<'amend'>;
        return [
          { ...amend, timeMs: ack.timeMs, seq: amend.seq + 1 },
          { ...ack, seq: ack.seq + 1 },
        ];
      }),
  },
  'a range of amendments lacks one': {
    rules: ['amendment-missed'],
    apply: (lines, random) =>
      change(lines, random, 'amended', (line, at) => {
        const [first, ...entries] = line.entries;
        const reached = lines.slice(0, at).filter((each) => 'entry' in each && each.client === line.client);
        const isKnown = reached.some((each) => 'entry' in each && each.entry.seq === first?.seq);
        // One that is amended again may be in a later range instead.
        const isAgain = lines.some(
          (each) => each.type === 'amend_ack' && each.seq === first?.seq && each.revision > line.revision,
        );
        return first && isKnown && !isAgain ? { ...line, entries } : null;
      }),
  },
  'an entry reaches a removed user': {
    rules: ['reached-removed'],
    apply: (lines) => {
      const entries = lines.flatMap((line) => ('entry' in line ? [line.entry] : []));
      const removed = entries.filter(({ kind }) => kind === 'removed').at(-1);
      const last = entries.reduce((a, b) => (a.seq > b.seq ? a : b), entries[0] as Entry);
      const isBack = lines.findLast((line) => line.type === 'change_members')?.change.kind !== 'remove';
      if (!removed || isBack || last.seq <= removed.seq || !isLastRemoval(lines, removed)) return null;
      return [...lines, { type: 'entry', timeMs: timeAfter(lines), client: 'eve', entry: last }];
    },
  },
  'a removed user sends': {
    rules: ['sent-by-removed'],
    apply: (lines) => {
      const settled = lines.findLast((line) => line.type === 'settled');
      const { type: _, ...last } = lines.findLast((line) => line.type === 'change_members') ?? { type: null };
      if (!settled || !('change' in last) || last.change.kind !== 'remove') return null;
      const newest = settled.entries.at(-1) as Entry;
      const base = { timeMs: timeAfter(lines), client: 'eve', op: 'late' } as const;
      const ack = { seq: newest.seq + 1, atMs: newest.atMs, messageCount: newest.messageCount + 1 };
      const send: RecordedLine = { type: 'send', ...base, conversationId, clientMessageId: 'late', text: 'late' };
      return [...lines, send, { type: 'ack', ...base, ...ack }];
    },
  },
  'a catch-up ends too early': {
    rules: ['catch-up-incomplete'],
    apply: (lines, random) =>
      change(lines, random, 'caught_up', (line, at) => {
        const [known] = line.conversations;
        const isFloor = lines.slice(0, at).some((each) => each.type === 'ack' && each.seq === known?.headSeq);
        return known && isFloor ? { ...line, conversations: [{ ...known, headSeq: known.headSeq - 1 }] } : null;
      }),
  },
  'a read position goes back': {
    rules: ['stale-read-position'],
    apply: (lines, random) =>
      change(lines, random, 'connected', (line, at) => {
        const [known] = line.conversations;
        const isMarked = lines.slice(0, at).some((each) => each.type === 'mark_read');
        return known?.readSeq && isMarked ? { ...line, conversations: [{ ...known, readSeq: 0 }] } : null;
      }),
  },
  'a watcher does not learn that a user went offline': {
    rules: ['presence-late'],
    apply: (lines, random) =>
      change(lines, random, 'presence', (line, at) => {
        const wasOnline = lines.slice(0, at).findLast((each) => each.type === 'presence');
        return wasOnline && !line.users[0]?.online && at < lines.length - 1 ? { ...line, users: [] } : null;
      }),
  },
  'a message is sent again under a lower number': {
    rules: ['order-of-time', 'acknowledged-twice', 'acknowledged-differs'],
    apply: (lines, random) =>
      change(lines, random, 'ack', (line, at) => {
        const isHigher = (each: RecordedLine) => each.type === 'ack' && each.seq < line.seq;
        return lines.slice(0, at).some(isHigher) ? { ...line, seq: 1 } : null;
      }),
  },
};

function timeAfter(lines: readonly RecordedLine[]): number {
  const last = lines.at(-1);
  return last && 'timeMs' in last ? last.timeMs + 1 : 0;
}

/** Whether the number of removals that are seen is that of those that were made. */
function isLastRemoval(lines: readonly RecordedLine[], removed: Entry): boolean {
  const made = lines.filter((line) => line.type === 'change_members' && line.change.kind === 'remove').length;
  const seen = lines.flatMap((line) => ('entry' in line && line.entry.kind === 'removed' ? [line.entry.seq] : []));
  return new Set(seen).size === made && Math.max(...seen) === removed.seq;
}

/** Replaces one of the lines of a type for which `changed` returns a line, chosen at random. */
function change<Type extends LineType>(
  lines: RecordedLine[],
  random: Random,
  type: Type,
  changed: (line: LineOf<Type>, at: number) => RecordedLine | null,
): RecordedLine[] | null {
  const places = lines.flatMap((line, at) => {
    const replacement = line.type === type ? changed(line as LineOf<Type>, at) : null;
    return replacement ? [{ at, replacement }] : [];
  });
  const place = places[random(Math.max(1, places.length))];
  return place ? lines.with(place.at, place.replacement) : null;
}

function insertAfter<Type extends LineType>(
  lines: RecordedLine[],
  random: Random,
  type: Type,
  added: (line: LineOf<Type>) => RecordedLine[] | null,
): RecordedLine[] | null {
  const places = lines.flatMap((line, at) => {
    const insertion = line.type === type ? added(line as LineOf<Type>) : null;
    return insertion ? [{ at, insertion }] : [];
  });
  const place = places[random(Math.max(1, places.length))];
  return place ? lines.toSpliced(place.at + 1, 0, ...place.insertion) : null;
}

/** Sends an acknowledged message once more. */
function afterAck(
  lines: RecordedLine[],
  random: Random,
  again: (send: LineOf<'send'>, ack: LineOf<'ack'>) => RecordedLine[] | null,
): RecordedLine[] | null {
  return insertAfter(lines, random, 'ack', (ack) => {
    const send = lines.find((line) => line.type === 'send' && line.op === ack.op) as LineOf<'send'>;
    return again({ ...send, timeMs: ack.timeMs }, ack);
  });
}

/** Three consecutive lines by which one client shows entries; the third may be missing. */
function pair(lines: readonly RecordedLine[], random: Random): (LineOf<'shown'> | undefined)[] {
  const shown = lines.filter((line) => line.type === 'shown' && line.client === 'ben') as LineOf<'shown'>[];
  const at = random(Math.max(1, shown.length - 2));
  return shown.slice(at, at + 3);
}
