import type { ConversationId, UserId } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';

const nobody: readonly UserId[] = [];

/** Who is typing in which conversation. A typing notice expires after the time that the protocol defines. */
export class Typists {
  private readonly timers = new Map<ConversationId, Map<UserId, number>>();
  private readonly shown = new Map<ConversationId, readonly UserId[]>();

  /** @param changed called when a notice has expired. */
  constructor(private readonly changed: () => void) {}

  /** Returns the same array until something changes. */
  in(conversationId: ConversationId): readonly UserId[] {
    return this.shown.get(conversationId) ?? nobody;
  }

  start(conversationId: ConversationId, userId: UserId): void {
    const timers = this.timers.get(conversationId) ?? new Map<UserId, number>();
    clearTimeout(timers.get(userId));
    const end = () => {
      this.stop(conversationId, userId);
      this.changed();
    };
    timers.set(userId, Number(setTimeout(end, limits.typingMs)));
    this.timers.set(conversationId, timers);
    this.shown.set(conversationId, [...timers.keys()]);
  }

  stop(conversationId: ConversationId, userId: UserId): void {
    const timers = this.timers.get(conversationId);
    if (!timers?.has(userId)) return;
    clearTimeout(timers.get(userId));
    timers.delete(userId);
    this.shown.set(conversationId, [...timers.keys()]);
  }
}
