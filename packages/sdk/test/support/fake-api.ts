import type {
  ClientFrameOf,
  Conversation,
  ErrorCode,
  HistoryPage,
  Homepage,
  MessageEntry,
  ServerFrame,
  ServerFrameOf,
} from '@parley/protocol';
import { MemoryStore, ParleyClient, type Store } from '../../src/index.ts';
import { ana, conversation, message } from './entries.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { welcome } from './frames.ts';
import { idle } from './idle.ts';

/** A fake HTTP API with conversations and their entries, and a small page size of the homepage. */
export class FakeApi {
  readonly runtime = new FakeRuntime();
  /** The requested paths with their queries. */
  readonly asked: string[] = [];
  /** If it returns a response, that is used. May be asynchronous. */
  intervene: (url: URL) => Response | undefined | Promise<Response | undefined> = () => undefined;
  /** The read revision. Undefined for a server of an earlier version. */
  readRevision: number | undefined;
  /** The number of read positions per page. */
  readPageSize = 500;
  /** The features of the server. Undefined for a server of an earlier version. */
  features: string[] | undefined;
  /** With more amended messages than this, the client has to read again. */
  changesMax = 2_000;
  /** The entries of a response to `catch_up`. */
  catchUpEntries = 200;
  /** Returns the response to a `catch_up`, or undefined for none. */
  answerCatchUp = (frame: ClientFrameOf<'catch_up'>): ServerFrame | undefined => this.missed(frame);
  private readonly revisions = new Map<string, number>();
  /** The conversations in the order of their last entries and amendments, oldest first. */
  private changed: string[] = [];
  private readonly reads = new Map<string, { seq: number; revision: number; readVersion?: number }>();
  private readonly logs = new Map<string, MessageEntry[]>();

  /** @param pageSize the number of conversations on a page of the homepage. */
  constructor(public pageSize = 50) {
    this.runtime.answer = (url) => this.answer(url);
    this.runtime.received = (socket, frame) => {
      if (frame['type'] !== 'catch_up') return;
      const answer = this.answerCatchUp(frame as ClientFrameOf<'catch_up'>);
      if (answer) queueMicrotask(() => socket.say(answer));
    };
  }

  /** Adds this number of messages to a conversation, which becomes the most recent one. */
  write(conversationId: string, count = 1): MessageEntry[] {
    const log = this.logs.get(conversationId) ?? [];
    this.logs.delete(conversationId);
    this.logs.set(conversationId, log);
    const added = Array.from({ length: count }, (_, index) => message(log.length + 1 + index, { conversationId }));
    log.push(...added);
    this.touch(conversationId);
    return added;
  }

  /** Adds one message with these fields. */
  append(conversationId: string, fields: Partial<MessageEntry>): MessageEntry {
    const [added] = this.write(conversationId);
    return Object.assign(added ?? message(0), fields);
  }

  /** The messages of a conversation. */
  log(conversationId: string): readonly MessageEntry[] {
    return this.logs.get(conversationId) ?? [];
  }

  /** Amends a message. Returns the frame that tells of it. */
  amend(conversationId: string, seq: number, fields: Partial<MessageEntry>): ServerFrameOf<'amended'> {
    const log = this.logs.get(conversationId) ?? [];
    const before = log[seq - 1];
    if (!before) throw new Error(`there is no message ${seq}`);
    const after = this.revisions.get(conversationId) ?? 0;
    const revision = after + 1;
    this.revisions.set(conversationId, revision);
    const amended = { ...before, revision, ...fields };
    log[seq - 1] = amended;
    this.touch(conversationId);
    return { type: 'amended', conversationId, after, revision, entries: [amended] };
  }

  private touch(conversationId: string): void {
    this.changed = [...this.changed.filter((id) => id !== conversationId), conversationId];
  }

  /** The user reads up to this number on another device. */
  read(conversationId: string, seq: number, readVersion = this.reads.get(conversationId)?.readVersion): void {
    this.readRevision = (this.readRevision ?? 0) + 1;
    this.reads.set(conversationId, { seq, revision: this.readRevision, ...(readVersion && { readVersion }) });
  }

  /** The user marks this number and later ones as unread on another device. Returns the frame that reports it. */
  markUnread(conversationId: string, seq: number): ServerFrameOf<'read'> {
    const readVersion = (this.reads.get(conversationId)?.readVersion ?? 0) + 1;
    this.read(conversationId, seq - 1, readVersion);
    return { type: 'read', conversationId, userId: ana.id, seq: seq - 1, messageCount: seq - 1, readVersion };
  }

  delete(conversationId: string): void {
    this.logs.delete(conversationId);
  }

  conversation(conversationId: string): Conversation {
    const headSeq = this.logs.get(conversationId)?.length ?? 0;
    const lastActivityAtMs = [...this.logs.keys()].indexOf(conversationId);
    const { seq: readSeq = 0, readVersion } = this.reads.get(conversationId) ?? {};
    const revision = this.revisions.get(conversationId);
    return {
      ...(revision !== undefined && { revision }),
      ...conversation(headSeq, { id: conversationId, lastActivityAtMs, unreadCount: headSeq - readSeq }),
      membership: { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq, ...(readVersion && { readVersion }) },
    };
  }

  homepage(from = 0, order: string | null = null): Homepage {
    const ids = (order === 'changes' ? [...this.changed] : [...this.logs.keys()]).reverse();
    const page = ids.slice(from, from + this.pageSize);
    const next = from + this.pageSize;
    return {
      conversations: page.map((id) => this.conversation(id)),
      left: [],
      nextCursor: next < ids.length ? String(next) : null,
    };
  }

  /** A client with a session that is not connected yet. */
  async client(store: Store = new MemoryStore()): Promise<ParleyClient> {
    if (!(await store.session())) await store.setSession({ token: 'secret', account: ana });
    const client = new ParleyClient({ url: 'https://chat.example', store, runtime: this.runtime });
    await client.resume();
    return client;
  }

  /** Opens the newest socket and sends welcome. */
  async accept(): Promise<void> {
    const { conversations, nextCursor } = this.homepage();
    this.runtime.socket.open();
    this.runtime.socket.say(welcome(conversations, nextCursor, this.readRevision, this.features));
    await idle();
  }

  private readPositions(after: number) {
    const changed = [...this.reads]
      .filter(([, { revision }]) => revision > after)
      .sort(([, a], [, b]) => a.revision - b.revision)
      .slice(0, this.readPageSize);
    return {
      positions: changed.map(([conversationId, { seq, readVersion }]) => ({
        ...{ conversationId, seq, messageCount: seq },
        ...(readVersion && { readVersion }),
      })),
      revision: changed.at(-1)?.[1].revision ?? after,
      hasMore: changed.length === this.readPageSize,
    };
  }

  /** The entries of as many of the first ranges as a response has. */
  missed({ id, ranges }: ClientFrameOf<'catch_up'>): ServerFrameOf<'catch_up'> {
    let left = this.catchUpEntries;
    const pages: HistoryPage[] = [];
    for (const { conversationId, after, limit = 200 } of ranges) {
      const log = this.logs.get(conversationId);
      if (!log || left === 0) continue;
      const entries = log.slice(after, after + Math.min(limit, left));
      left -= entries.length;
      pages.push({ conversationId, entries, headSeq: log.length, visibleFromSeq: 1 });
    }
    const notFound = ranges.flatMap(({ conversationId }) => (this.logs.has(conversationId) ? [] : conversationId));
    return { type: 'catch_up', id, pages, notFound };
  }

  private changes(conversationId: string, after: number) {
    const log = this.logs.get(conversationId) ?? [];
    const entries = log
      .filter(({ revision = 0 }) => revision > after)
      .sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
    const revision = this.revisions.get(conversationId) ?? 0;
    const base = { conversationId, revision, complete: true };
    return entries.length > this.changesMax ? { ...base, entries: [], reread: true } : { ...base, entries };
  }

  private async answer(url: URL): Promise<Response> {
    this.asked.push(`${url.pathname}${url.search}`);
    const intervened = await this.intervene(url);
    if (intervened) return intervened;
    const [, , kind, id = '', what] = url.pathname.split('/');
    if (kind === 'homepage') {
      const { searchParams } = url;
      return Response.json(this.homepage(Number(searchParams.get('cursor')), searchParams.get('order')));
    }
    if (kind === 'read-positions') return Response.json(this.readPositions(Number(url.searchParams.get('after'))));
    const log = this.logs.get(id);
    if (kind !== 'conversations' || !log) return problem('not_found', 404);
    if (what === undefined) return Response.json(this.conversation(id));
    const after = Number(url.searchParams.get('after'));
    if (what === 'changes') return Response.json(this.changes(id, after));
    const revision = this.revisions.get(id);
    const entries = log.slice(after, after + Number(url.searchParams.get('limit')));
    return Response.json({ conversationId: id, entries, headSeq: log.length, visibleFromSeq: 1, revision });
  }
}

export function problem(code: ErrorCode, status: number): Response {
  return Response.json({ type: 'about:blank', title: code, status, detail: code, code }, { status });
}
