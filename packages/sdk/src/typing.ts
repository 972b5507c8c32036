import { type ConversationId, limits } from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { Runtime } from './runtime.ts';

/** The minimum interval between two frames. Other clients show typing for `limits.typingMs`. */
const intervalMs = limits.typingMs / 2;

/** Sends at most one `typing` frame per interval and conversation. */
export class Typing {
  private readonly sentMs = new Map<ConversationId, number>();

  constructor(
    private readonly connection: Pick<Connection, 'tell'>,
    private readonly runtime: Pick<Runtime, 'monotonicMs'>,
  ) {}

  tell(conversationId: ConversationId): void {
    const nowMs = this.runtime.monotonicMs();
    const sentMs = this.sentMs.get(conversationId);
    if (sentMs !== undefined && nowMs - sentMs < intervalMs) return;
    this.sentMs.set(conversationId, nowMs);
    this.connection.tell({ type: 'typing', conversationId });
  }
}
