import { type ConversationId, limits } from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { Runtime } from './runtime.ts';

/** How often typing is told at the most; others show it for `limits.typingMs`. */
const intervalMs = limits.typingMs / 2;

/** Tells that one types, however often it is called. */
export class Typing {
  private readonly toldMs = new Map<ConversationId, number>();

  constructor(
    private readonly connection: Pick<Connection, 'tell'>,
    private readonly runtime: Pick<Runtime, 'monotonicMs'>,
  ) {}

  tell(conversationId: ConversationId): void {
    const nowMs = this.runtime.monotonicMs();
    const toldMs = this.toldMs.get(conversationId);
    if (toldMs !== undefined && nowMs - toldMs < intervalMs) return;
    this.toldMs.set(conversationId, nowMs);
    this.connection.tell({ type: 'typing', conversationId });
  }
}
