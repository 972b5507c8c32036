import type { UserId } from '@parley/protocol';
import type { Ban, BanChange } from '../conversations/conversation.ts';

/** The bans of one conversation, as they follow from its entries. */
export class ReplayedBans {
  readonly byUser = new Map<UserId, Ban>();

  /** Applies a change. Returns what is wrong with it, as the end of a sentence about the entry; null for a valid one. */
  take({ userId, ban }: BanChange): string | null {
    const wasBanned = this.byUser.has(userId);
    if (ban) this.byUser.set(userId, ban);
    else this.byUser.delete(userId);
    if (ban) return wasBanned ? `bans ${userId}, who was banned` : null;
    return wasBanned ? null : `lifts the ban of ${userId}, who was not banned`;
  }
}
