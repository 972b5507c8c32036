/** A text that one tab took for sending. */
export interface Taken {
  text: string;
  /** The number of the message that it replies to. */
  replyTo?: number;
  /** Any tab sends the message under this id, so that the server stores it once. */
  clientMessageId: string;
  /** The number of the write in which the tab took it. */
  write: number;
  /** The tabs that had written the draft by then. */
  writers: readonly string[];
  /** Whether its message is stored for sending. */
  isKept: boolean;
  /**
   * The texts that the tab took for sending before this one and that are not stored yet, oldest first. Absent in
   * earlier versions.
   */
  earlier?: readonly Taken[];
}

/** The draft of one conversation, as one tab knows it. */
export interface Draft {
  text: string;
  /** The number of the message that the draft replies to. */
  replyTo?: number;
  /** The number of each tab's last write that is contained in this draft: a version vector. */
  writes: Readonly<Record<string, number>>;
  /** The last text that each tab took for sending. */
  taken: Readonly<Record<string, Taken>>;
}

export const emptyDraft: Draft = { text: '', writes: {}, taken: {} };

/** Returns null if the value is not a draft. */
export function parseDraft(value: string | null): Draft | null {
  try {
    const { text, writes, taken, replyTo } = JSON.parse(value ?? 'null') ?? {};
    if (typeof text !== 'string' || !writes || !taken) return null;
    return { text, writes, taken, ...(Number.isSafeInteger(replyTo) && replyTo > 0 && { replyTo }) };
  } catch {
    // Another program wrote it.
    return null;
  }
}

/** Whether nothing of the draft has to be stored. */
export function isSpent({ text, replyTo, taken }: Draft): boolean {
  return text === '' && replyTo === undefined && unkept(taken).length === 0;
}

/** The texts that tabs took for sending and whose messages are not stored yet. */
export function unkept(taken: Draft['taken']): Taken[] {
  return Object.values(taken)
    .flatMap(allTaken)
    .filter(({ isKept }) => !isKept);
}

/** Whether the writer of `draft` knew all of `other`. */
export function contains(draft: Draft, other: Draft): boolean {
  return Object.entries(other.writes).every(([tab, write]) => writesOf(draft, tab) >= write);
}

/** The person changed the text in this tab. What the tab sent before is no longer needed. */
export function edited(draft: Draft, tab: string, text: string): Draft {
  const { [tab]: own, ...taken } = draft.taken;
  return written(draft, tab, allTaken(own).every(({ isKept }) => isKept) ? { text, taken } : { text });
}

/** The person chose the message to reply to in this tab; undefined: none. */
export function replying(draft: Draft, tab: string, replyTo: number | undefined): Draft {
  return withReply(written(draft, tab, {}), replyTo);
}

/** Removes replies to the messages after the number `keptSeq`, which were lost when the server was restored. */
export function withoutLostReplies(draft: Draft, tab: string, keptSeq: number): Draft {
  const isLost = ({ replyTo }: { replyTo?: number }) => replyTo !== undefined && replyTo > keptSeq;
  const taken = Object.entries(draft.taken);
  if (!isLost(draft) && !taken.some(([, last]) => allTaken(last).some(isLost))) return draft;
  const kept = <Given extends { replyTo?: number }>(one: Given) => (isLost(one) ? withReply(one, undefined) : one);
  let next = kept(draft);
  for (const [taker, last] of taken) {
    next = { ...next, taken: withTaken(next.taken, taker, allTaken(last).map(kept)) };
  }
  return written(next, tab, {});
}

/** Takes the text for sending, which clears the box in every tab. */
export function takenBy(draft: Draft, tab: string, clientMessageId: string): Draft {
  const { text, replyTo, ...others } = draft;
  const write = writesOf(draft, tab) + 1;
  const writers = [...new Set([...Object.keys(draft.writes), tab])];
  const last = { text, ...(replyTo !== undefined && { replyTo }), clientMessageId, write, writers, isKept: false };
  const taken = withTaken(draft.taken, tab, [...allTaken(draft.taken[tab]), last]);
  return written({ ...others, text: '' }, tab, { taken });
}

/** Notes that the message is stored for sending. */
export function kept(draft: Draft, tab: string, clientMessageId: string): Draft {
  const isIt = (one: Taken) => one.clientMessageId === clientMessageId;
  let { taken } = draft;
  for (const [taker, last] of Object.entries(taken)) {
    const all = allTaken(last).map((one) => (isIt(one) ? { ...one, isKept: true } : one));
    taken = withTaken(taken, taker, all);
  }
  return written(draft, tab, { taken });
}

/** A message that some tab took could not be stored: puts its text back, before what was written meanwhile. */
export function returnedBy(draft: Draft, tab: string, clientMessageId: string): Draft {
  for (const [taker, last] of Object.entries(draft.taken)) {
    const all = allTaken(last);
    const failed = all.find((one) => one.clientMessageId === clientMessageId);
    if (!failed) continue;
    const others = all.filter((one) => one !== failed);
    const taken = withTaken(draft.taken, taker, others);
    const returned = written(draft, tab, { text: followedBy(failed.text, draft.text), taken });
    return withReply(returned, draft.replyTo ?? failed.replyTo);
  }
  return draft;
}

/** The draft that contains the other one, or both merged if neither does. */
export function newest(own: Draft, other: Draft): Draft {
  const knowsOther = contains(own, other);
  if (knowsOther !== contains(other, own)) return knowsOther ? own : other;
  if (!knowsOther) return merged(own, other);
  if (own.text === other.text) return other;
  // Merged in another order. A version that both contain had sent or removed what only the longer one has.
  return isBefore(own.text, other.text) ? own : other;
}

/**
 * Merges two drafts that were edited independently: both texts, one below the other, without what one of them has
 * sent. The result does not depend on the order, so that two tabs that merge the same drafts agree.
 */
export function merged(a: Draft, b: Draft): Draft {
  const tabs = new Set([...Object.keys(a.writes), ...Object.keys(b.writes)]);
  const writes: Record<string, number> = {};
  let taken: Draft['taken'] = {};
  for (const tab of [...tabs].sort()) {
    writes[tab] = Math.max(writesOf(a, tab), writesOf(b, tab));
    // A draft that contains a tab's last write knows what the tab took; either draft may know that it was stored.
    const known = [a, b].filter((draft) => writesOf(draft, tab) === writes[tab]);
    const lists = known.map((draft) => allTaken(draft.taken[tab]));
    const isWaiting = ({ clientMessageId }: Taken) =>
      lists.every((list) => list.some((one) => one.clientMessageId === clientMessageId && !one.isKept));
    const all = (lists[0] ?? []).map((one) => ({ ...one, isKept: !isWaiting(one) }));
    taken = withTaken(taken, tab, all);
  }
  const text = joined(withoutTaken(a, taken), withoutTaken(b, taken));
  return withReply<Draft>({ text, writes, taken }, mergedReply(a, b, taken));
}

/** The message that the merged draft replies to: not the one of a text that was taken for sending in between. */
function mergedReply(a: Draft, b: Draft, taken: Draft['taken']): number | undefined {
  if (a.replyTo === b.replyTo) return a.replyTo;
  const sent = new Set(Object.values(taken).flatMap((last) => allTaken(last).map(({ replyTo }) => replyTo)));
  const chosen = [a.replyTo, b.replyTo].flatMap((seq) => (seq === undefined || sent.has(seq) ? [] : [seq]));
  return chosen.length > 0 ? Math.max(...chosen) : undefined;
}

function withReply<Given extends { replyTo?: number }>(given: Given, replyTo: number | undefined): Given {
  const { replyTo: _, ...others } = given;
  // Of the same type, because the reply is optional.
  return (replyTo === undefined ? others : { ...others, replyTo }) as Given;
}

function written(draft: Draft, tab: string, change: Partial<Draft>): Draft {
  return { ...draft, writes: { ...draft.writes, [tab]: writesOf(draft, tab) + 1 }, ...change };
}

/** The texts that a tab took for sending, oldest first: those that are not stored yet, and the last one. */
function allTaken(last: Taken | undefined): Taken[] {
  if (!last) return [];
  const { earlier = [], ...one } = last;
  return [...earlier, one];
}

/** Replaces the texts that a tab took. Of those before the last one, only the unstored ones are needed. */
function withTaken(taken: Draft['taken'], tab: string, all: readonly Taken[]): Draft['taken'] {
  const { [tab]: _, ...others } = taken;
  const last = all.at(-1);
  if (!last) return others;
  const earlier = all.slice(0, -1).filter(({ isKept }) => !isKept);
  return { ...others, [tab]: earlier.length > 0 ? { ...last, earlier } : last };
}

function writesOf({ writes }: Draft, tab: string): number {
  return writes[tab] ?? 0;
}

/** Removes text at the start that another tab took for sending before the draft's writer knew of it. */
function withoutTaken(draft: Draft, taken: Draft['taken']): string {
  let { text } = draft;
  for (const [tab, last] of Object.entries(taken)) {
    for (const { text: sent, write, writers } of allTaken(last)) {
      const isSame = writers.some((writer) => writesOf(draft, writer) > 0);
      if (isSame && writesOf(draft, tab) < write && text.startsWith(sent)) text = text.slice(sent.length);
    }
  }
  return text;
}

function followedBy(first: string, second: string): string {
  return second === '' ? first : `${first}\n${second}`;
}

/** The longer text, then the other's lines. If one line starts with another, only the longer line is kept. */
function joined(a: string, b: string): string {
  const [first, second] = isBefore(a, b) ? [b, a] : [a, b];
  if (first.startsWith(second)) return first;
  const others = second.split('\n');
  const lines = first.split('\n').map((line) => continued(line, others));
  const more = others.filter((line) => !lines.some((one) => one.startsWith(line)));
  return [...lines, ...more].join('\n');
}

/** Orders by length, then by code unit. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

function continued(line: string, others: readonly string[]): string {
  return (line !== '' && others.find((other) => other.startsWith(line))) || line;
}
