import type { ConversationId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';

/** Above this number, conversations whose window is over are removed. */
const fullMax = 10_000;

/**
 * A limit for each conversation that counts what members did, once that is known: non-members must not use up the limit
 * of the members. What is under way when the limit is reached exceeds it.
 */
export class ConversationLimit {
  /** Conversations that reached their limit in this window, with its end. */
  private readonly fullUntilMs = new Map<ConversationId, number>();

  /** @param consume counts one, and resolves with the time until the next is allowed; 0 within the limit. */
  constructor(
    private readonly consume: (conversationId: ConversationId) => Promise<number>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** The time until the conversation's window is over, if it has reached its limit; otherwise 0. */
  waitMs(conversationId: ConversationId): number {
    const waitMs = Math.ceil((this.fullUntilMs.get(conversationId) ?? 0) - this.clock.monotonicMs());
    if (waitMs > 0) return waitMs;
    this.fullUntilMs.delete(conversationId);
    return 0;
  }

  async count(conversationId: ConversationId): Promise<void> {
    const retryAfterMs = await this.consume(conversationId);
    if (retryAfterMs === 0) return;
    const nowMs = this.clock.monotonicMs();
    this.fullUntilMs.set(conversationId, nowMs + retryAfterMs);
    if (this.fullUntilMs.size <= fullMax) return;
    for (const [id, untilMs] of this.fullUntilMs) if (untilMs <= nowMs) this.fullUntilMs.delete(id);
  }
}
