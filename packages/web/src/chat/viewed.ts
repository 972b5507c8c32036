import type { ConversationId, UserId } from '@parley/protocol';

/** Scrolling changes what is in view with every frame; the server hears of it this often. */
const tellIntervalMs = 150;

interface Watch {
  userIds: readonly UserId[];
  conversationIds: readonly ConversationId[];
}

/** Whose presence is in view of this tab, told some time after it changed. */
export class Viewed {
  private readonly watches = new Set<Watch>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly tell: (userIds: UserId[], conversationIds: ConversationId[]) => void) {}

  /** These are in view until it is undone. */
  add(userIds: readonly UserId[], conversationIds: readonly ConversationId[]): () => void {
    const watch = { userIds, conversationIds };
    this.watches.add(watch);
    this.schedule();
    return () => {
      this.watches.delete(watch);
      this.schedule();
    };
  }

  schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const newestFirst = [...this.watches].reverse();
      this.tell(
        [...new Set(newestFirst.flatMap(({ userIds }) => userIds))],
        [...new Set(newestFirst.flatMap(({ conversationIds }) => conversationIds))],
      );
    }, tellIntervalMs);
  }
}
