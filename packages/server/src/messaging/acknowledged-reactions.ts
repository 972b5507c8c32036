import type { ConversationId } from '@parley/protocol';
import type { OwnReaction } from './amendment-frames.ts';

const keptMax = 100;

/**
 * The reactions that a connection set or removed itself. It learned of them by the acknowledgement and needs no frame;
 * the other connections of its user do.
 */
export class AcknowledgedReactions {
  private readonly kept = new Map<string, boolean>();

  add(conversationId: ConversationId, { seq, emoji, set }: OwnReaction): void {
    // A copy that never arrives leaves its key here.
    if (this.kept.size >= keptMax) this.kept.clear();
    this.kept.set(`${conversationId} ${seq} ${emoji}`, set);
  }

  /** Whether this change was acknowledged to the connection. True once, because another device may change it again. */
  has(conversationId: ConversationId, { seq, emoji, set }: OwnReaction): boolean {
    const key = `${conversationId} ${seq} ${emoji}`;
    const acknowledged = this.kept.get(key);
    this.kept.delete(key);
    return acknowledged === set;
  }
}
