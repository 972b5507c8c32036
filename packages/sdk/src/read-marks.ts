import type { ConversationId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** Read positions on their way to the server: the last of each conversation, told again after a reconnect. */
export class ReadMarks {
  private readonly pending = new Map<ConversationId, number>();
  private readonly telling = new Set<ConversationId>();

  constructor(
    private readonly connection: Pick<Connection, 'request'>,
    private readonly runtime: Pick<Runtime, 'after'>,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  mark(conversationId: ConversationId, seq: number): void {
    if (seq <= (this.pending.get(conversationId) ?? 0)) return;
    this.pending.set(conversationId, seq);
    this.start(conversationId);
  }

  resume(): void {
    for (const conversationId of this.pending.keys()) this.start(conversationId);
  }

  forget(conversationId: ConversationId): void {
    this.pending.delete(conversationId);
  }

  clear(): void {
    this.pending.clear();
  }

  private start(conversationId: ConversationId): void {
    this.tell(conversationId).catch(this.reportFailure);
  }

  /** One at a time for each conversation: positions that come meanwhile are told as the last of them. */
  private async tell(conversationId: ConversationId): Promise<void> {
    if (this.telling.has(conversationId)) return;
    this.telling.add(conversationId);
    try {
      let seq = this.pending.get(conversationId);
      while (seq !== undefined) {
        await this.connection.request({ type: 'read', conversationId, seq });
        if (this.pending.get(conversationId) === seq) this.pending.delete(conversationId);
        seq = this.pending.get(conversationId);
      }
    } catch (error) {
      // Without a connection it is told after the next; what the server refuses for good is not to be told again.
      if (error instanceof Disconnected) return;
      if (error instanceof ParleyError && error.temporary) {
        this.runtime.after(error.retryAfterMs ?? 1_000, () => this.start(conversationId));
        return;
      }
      this.pending.delete(conversationId);
      throw error;
    } finally {
      this.telling.delete(conversationId);
    }
  }
}
