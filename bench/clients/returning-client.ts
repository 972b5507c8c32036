// A client process for people who return: each connects when due, reads the homepage in its `welcome`, and requests the
// missing entries of its conversations, with one request under way at a time.
import { limits } from '@parley/protocol';
import { Latencies } from '../measure/latencies.ts';
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import { Connections } from './connections.ts';
import { typeOf } from './wire.ts';
import { answerCalls } from './worker.ts';

export interface ReturningPhase {
  port: number;
  tokens: string[];
  /** By person: the last number that it has of each of its conversations, by id. */
  known: Record<string, number>[];
  /** The last number of each conversation. */
  heads: Record<string, number>;
  startAtMs: number;
  /** All connect within this time, evenly. */
  withinMs: number;
}

interface Page {
  conversationId: string;
  entries: { seq: number }[];
}

const timeoutMs = 120_000;

const calls = { comeBack };
export type ReturningCalls = typeof calls;
answerCalls(calls);

/** Resolves when all of them have all entries. */
function comeBack({ port, tokens, known, heads, startAtMs, withinMs }: ReturningPhase) {
  const [welcomes, complete] = [new Latencies(), new Latencies()];
  const lacking = known.map((numbers) => new Map(Object.entries(numbers)));
  let [entries, connected, done] = [0, 0, 0];
  const faults: string[] = [];
  const dueMs = (person: number) => startAtMs + (person * withinMs) / tokens.length;
  const connections = new Connections([port], {
    turn: () => undefined,
    opened: (person) => send(person, { type: 'hello', token: tokens[person], homepageLimit: limits.homepagePageMax }),
    frame(person, bytes, start, end) {
      const type = typeOf(bytes, start, end);
      if (type === 'entry') return;
      const text = bytes.toString('utf8', start, end);
      if (type === 'welcome') welcomed(person, JSON.parse(text));
      else if (text.startsWith('{"type":"catch_up"')) received(person, JSON.parse(text));
      else if (type === 'error') faults.push(`person ${person} received ${text}`);
    },
    closed: (person, reason) => faults.push(`the connection of person ${person} ended: ${reason}`),
  });
  const send = (person: number, frame: object) => connections.send(person, clientFrame(JSON.stringify(frame)));

  function welcomed(person: number, { homepage }: { homepage: { conversations: { id: string; headSeq: number }[] } }) {
    welcomes.add(machineMs() - dueMs(person));
    for (const { id, headSeq } of homepage.conversations) {
      if (headSeq !== heads[id]) faults.push(`the homepage of person ${person} has ${headSeq} in ${id}`);
    }
    ask(person);
  }

  function ask(person: number): void {
    const ranges = Array.from(lacking[person] ?? [], ([conversationId, after]) => ({ conversationId, after }));
    send(person, { type: 'catch_up', id: 'missed', ranges: ranges.slice(0, limits.catchUpRanges) });
  }

  function received(person: number, { pages }: { pages: Page[] }): void {
    if (pages.length === 0) faults.push(`person ${person} received no page`);
    for (const page of pages) take(person, page);
    if (lacking[person]?.size !== 0) {
      ask(person);
      return;
    }
    complete.add(machineMs() - dueMs(person));
    done++;
  }

  function take(person: number, { conversationId: id, entries: page }: Page): void {
    let last = lacking[person]?.get(id) ?? 0;
    for (const { seq } of page) {
      if (seq !== ++last) faults.push(`person ${person} received entry ${seq} of ${id} instead of ${last}`);
    }
    entries += page.length;
    lacking[person]?.set(id, last);
    if (last === heads[id]) lacking[person]?.delete(id);
    else if (page.length === 0) faults.push(`person ${person} received ${last} of ${heads[id]} entries of ${id}`);
  }

  while (done < tokens.length && faults.length === 0 && machineMs() < startAtMs + timeoutMs) {
    while (connected < tokens.length && dueMs(connected) <= machineMs()) connections.open(connected++);
    connections.turn(connected < tokens.length ? 1 : 20);
  }
  if (done < tokens.length) faults.push(`${done} of ${tokens.length} people have everything`);
  for (let person = 0; person < tokens.length; person++) connections.close(person);
  return { faults: faults.slice(0, 10), entries, welcome: welcomes.encode(), complete: complete.encode() };
}
