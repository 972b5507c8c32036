import type { Conversation, ErrorCode, Homepage, MessageEntry } from '@parley/protocol';
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
  private readonly reads = new Map<string, { seq: number; revision: number }>();
  private readonly logs = new Map<string, MessageEntry[]>();

  constructor(private readonly pageSize = 50) {
    this.runtime.answer = (url) => this.answer(url);
  }

  /** Adds this number of messages to a conversation, which becomes the most recent one. */
  write(conversationId: string, count = 1): MessageEntry[] {
    const log = this.logs.get(conversationId) ?? [];
    this.logs.delete(conversationId);
    this.logs.set(conversationId, log);
    const added = Array.from({ length: count }, (_, index) => message(log.length + 1 + index, { conversationId }));
    log.push(...added);
    return added;
  }

  /** The user reads up to this number on another device. */
  read(conversationId: string, seq: number): void {
    this.readRevision = (this.readRevision ?? 0) + 1;
    this.reads.set(conversationId, { seq, revision: this.readRevision });
  }

  delete(conversationId: string): void {
    this.logs.delete(conversationId);
  }

  conversation(conversationId: string): Conversation {
    const headSeq = this.logs.get(conversationId)?.length ?? 0;
    const lastActivityAtMs = [...this.logs.keys()].indexOf(conversationId);
    const readSeq = this.reads.get(conversationId)?.seq ?? 0;
    return {
      ...conversation(headSeq, { id: conversationId, lastActivityAtMs, unreadCount: headSeq - readSeq }),
      membership: { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq },
    };
  }

  homepage(from = 0): Homepage {
    const ids = [...this.logs.keys()].reverse();
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
    this.runtime.socket.say(welcome(conversations, nextCursor, this.readRevision));
    await idle();
  }

  private readPositions(after: number) {
    const changed = [...this.reads]
      .filter(([, { revision }]) => revision > after)
      .sort(([, a], [, b]) => a.revision - b.revision)
      .slice(0, this.readPageSize);
    return {
      positions: changed.map(([conversationId, { seq }]) => ({ conversationId, seq, messageCount: seq })),
      revision: changed.at(-1)?.[1].revision ?? after,
      hasMore: changed.length === this.readPageSize,
    };
  }

  private async answer(url: URL): Promise<Response> {
    this.asked.push(`${url.pathname}${url.search}`);
    const intervened = await this.intervene(url);
    if (intervened) return intervened;
    const [, , kind, id = '', what] = url.pathname.split('/');
    if (kind === 'homepage') return Response.json(this.homepage(Number(url.searchParams.get('cursor'))));
    if (kind === 'read-positions') return Response.json(this.readPositions(Number(url.searchParams.get('after'))));
    const log = this.logs.get(id);
    if (kind !== 'conversations' || !log) return problem('not_found', 404);
    if (what === undefined) return Response.json(this.conversation(id));
    const after = Number(url.searchParams.get('after'));
    const entries = log.slice(after, after + Number(url.searchParams.get('limit')));
    return Response.json({ conversationId: id, entries, headSeq: log.length, visibleFromSeq: 1 });
  }
}

export function problem(code: ErrorCode, status: number): Response {
  return Response.json({ type: 'about:blank', title: code, status, detail: code, code }, { status });
}
