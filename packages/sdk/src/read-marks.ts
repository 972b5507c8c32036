import { type ConversationId, isLaterThan, type ReadPoint } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';
import type { UnreadMark } from './store/store.ts';

/** What {@link ReadMarks} needs. */
export interface ReadMarksPorts {
  readonly connection: Pick<Connection, 'request'>;
  readonly runtime: Pick<Runtime, 'after'>;
  /** Stores {@link ReadMarks.pending} and {@link ReadMarks.unread}. */
  saveSession(): Promise<void>;
  /** The version of the known read position, or undefined for a server that does not accept it. */
  readVersion(conversationId: ConversationId): number | undefined;
  /** Replaces the known read position by that of the server. */
  readAgain(conversationId: ConversationId): Promise<unknown>;
  reportFailure(error: unknown): void;
}

/**
 * Sends read positions and marks as unread to the server: the last one of each conversation, again after a reconnect.
 * Marks, and positions that are set without a connection, are stored with the session.
 */
export class ReadMarks {
  /** The positions that the server has not acknowledged. */
  readonly pending = new Map<ConversationId, number>();
  /** The marks as unread that the server has not acknowledged. Each is sent before the position, which came later. */
  readonly unread = new Map<ConversationId, UnreadMark>();
  private readonly sending = new Set<ConversationId>();
  private isPaused = false;
  private isStored = false;

  constructor(private readonly ports: ReadMarksPorts) {}

  mark(conversationId: ConversationId, seq: number): void {
    if (seq <= (this.pending.get(conversationId) ?? 0)) return;
    this.pending.set(conversationId, seq);
    if (this.isPaused) void this.keep();
    this.start(conversationId);
  }

  /** Resolves when the mark is stored, or when the store failed. */
  markUnread(conversationId: ConversationId, mark: UnreadMark): Promise<void> {
    this.pending.delete(conversationId);
    this.unread.set(conversationId, mark);
    const kept = this.keep();
    this.start(conversationId);
    return kept;
  }

  /**
   * A read position of the server shows whether the server has carried out a mark. Returns whether it ignored the mark,
   * because the position had moved. Drops an unsent position if another device has marked the conversation since.
   *
   * @param known the version of the known read position.
   */
  settle(conversationId: ConversationId, to: ReadPoint, known = to.version): boolean {
    const mark = this.unread.get(conversationId);
    if (!mark && to.version > known) this.pending.delete(conversationId);
    if (!mark || !isLaterThan(to, { seq: mark.readSeq, version: mark.readVersion })) return false;
    this.unread.delete(conversationId);
    if (to.version === mark.readVersion + 1 && to.seq === mark.seq - 1) return false;
    this.pending.delete(conversationId);
    return true;
  }

  /** Loads what an earlier run stored. */
  load(reads: Readonly<Record<ConversationId, number>>, marks: Readonly<Record<ConversationId, UnreadMark>>): void {
    for (const [conversationId, seq] of Object.entries(reads)) this.pending.set(conversationId, seq);
    for (const [conversationId, mark] of Object.entries(marks)) this.unread.set(conversationId, mark);
    this.isStored = this.size > 0;
  }

  /** Sends nothing until {@link resume}. */
  pause(isDisconnected: boolean): void {
    this.isPaused = true;
    if (isDisconnected && this.size > 0) void this.keep();
  }

  resume(): void {
    this.isPaused = false;
    for (const waiting of [this.unread, this.pending]) {
      for (const conversationId of waiting.keys()) this.start(conversationId);
    }
  }

  forget(conversationId: ConversationId): void {
    this.pending.delete(conversationId);
    this.unread.delete(conversationId);
  }

  clear(): void {
    this.pending.clear();
    this.unread.clear();
  }

  private get size(): number {
    return this.pending.size + this.unread.size;
  }

  private keep(): Promise<void> {
    this.isStored = true;
    return this.ports.saveSession().catch(this.ports.reportFailure);
  }

  private start(conversationId: ConversationId): void {
    if (!this.isPaused) this.send(conversationId).catch(this.ports.reportFailure);
  }

  /** Sends one position per conversation at a time. Of positions that are set meanwhile, only the last is sent. */
  private async send(conversationId: ConversationId): Promise<void> {
    if (this.sending.has(conversationId)) return;
    this.sending.add(conversationId);
    const { pending, unread } = this;
    const { connection, runtime, readVersion, readAgain, saveSession } = this.ports;
    let mark: UnreadMark | undefined;
    try {
      while (true) {
        mark = unread.get(conversationId);
        const seq = pending.get(conversationId);
        if (mark) {
          await connection.request({ type: 'unread', conversationId, ...mark });
          // The position of the response settled the mark, unless it shows no effect of it.
          if (unread.get(conversationId) === mark) {
            this.forget(conversationId);
            await readAgain(conversationId);
          }
        } else if (seq !== undefined) {
          // JSON leaves out an undefined version.
          const version = { readVersion: readVersion(conversationId) };
          await connection.request({ type: 'read', conversationId, seq, ...version });
          if (pending.get(conversationId) === seq) pending.delete(conversationId);
        } else break;
      }
      if (this.isStored && this.size === 0) {
        this.isStored = false;
        await saveSession();
      }
    } catch (error) {
      // Sent again after the next connect. Positions that the server rejects permanently are not sent again.
      if (error instanceof Disconnected) return;
      if (error instanceof ParleyError && error.temporary) {
        runtime.after(error.retryAfterMs ?? 1_000, () => this.start(conversationId));
        return;
      }
      this.forget(conversationId);
      // The position of a user who is no longer a member is no longer needed.
      if (error instanceof ParleyError && error.code === 'not_found') return;
      if (mark) await readAgain(conversationId);
      throw error;
    } finally {
      this.sending.delete(conversationId);
    }
  }
}
