import type { ConversationId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/**
 * Sends read positions to the server: the last one of each conversation, again after a reconnect. Positions that are set
 * without a connection are stored with the session.
 */
export class ReadMarks {
  /** The positions that the server has not acknowledged. */
  readonly pending = new Map<ConversationId, number>();
  private readonly sending = new Set<ConversationId>();
  private isPaused = false;
  private isStored = false;

  constructor(
    private readonly connection: Pick<Connection, 'request'>,
    private readonly runtime: Pick<Runtime, 'after'>,
    private readonly reportFailure: (error: unknown) => void,
    /** Stores {@link pending}. */
    private readonly store: () => void = () => undefined,
  ) {}

  mark(conversationId: ConversationId, seq: number): void {
    if (seq <= (this.pending.get(conversationId) ?? 0)) return;
    this.pending.set(conversationId, seq);
    if (this.isPaused) this.keep();
    this.start(conversationId);
  }

  /** Loads what an earlier run stored. */
  load(stored: Readonly<Record<ConversationId, number>>): void {
    this.isStored = true;
    for (const [conversationId, seq] of Object.entries(stored)) this.pending.set(conversationId, seq);
  }

  /** Sends nothing until {@link resume}. */
  pause(isDisconnected: boolean): void {
    this.isPaused = true;
    if (isDisconnected && this.pending.size > 0) this.keep();
  }

  resume(): void {
    this.isPaused = false;
    for (const conversationId of this.pending.keys()) this.start(conversationId);
  }

  forget(conversationId: ConversationId): void {
    this.pending.delete(conversationId);
  }

  clear(): void {
    this.pending.clear();
  }

  private keep(): void {
    this.isStored = true;
    this.store();
  }

  private start(conversationId: ConversationId): void {
    if (!this.isPaused) this.send(conversationId).catch(this.reportFailure);
  }

  /** Sends one position per conversation at a time. Of positions that are set meanwhile, only the last is sent. */
  private async send(conversationId: ConversationId): Promise<void> {
    if (this.sending.has(conversationId)) return;
    this.sending.add(conversationId);
    try {
      let seq = this.pending.get(conversationId);
      while (seq !== undefined) {
        await this.connection.request({ type: 'read', conversationId, seq });
        if (this.pending.get(conversationId) === seq) this.pending.delete(conversationId);
        seq = this.pending.get(conversationId);
      }
      if (this.isStored && this.pending.size === 0) {
        this.isStored = false;
        this.store();
      }
    } catch (error) {
      // Sent again after the next connect. Positions that the server rejects permanently are not sent again.
      if (error instanceof Disconnected) return;
      if (error instanceof ParleyError && error.temporary) {
        this.runtime.after(error.retryAfterMs ?? 1_000, () => this.start(conversationId));
        return;
      }
      this.pending.delete(conversationId);
      throw error;
    } finally {
      this.sending.delete(conversationId);
    }
  }
}
