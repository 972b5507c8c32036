import { type ConversationId, limits, type UserId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected } from './parley-error.ts';

interface Watch {
  userIds: readonly UserId[];
  conversationIds: readonly ConversationId[];
}

/** What all views together watch, told to the server whenever it changes and after each reconnect. */
export class Watches {
  private readonly watches = new Set<Watch>();
  private scheduled = false;

  constructor(
    private readonly connection: Pick<Connection, 'request'>,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  add(userIds: readonly UserId[], conversationIds: readonly ConversationId[]): () => void {
    const watch = { userIds, conversationIds };
    this.watches.add(watch);
    this.schedule();
    return () => {
      if (this.watches.delete(watch)) this.schedule();
    };
  }

  resume(): void {
    if (this.watches.size > 0) this.schedule();
  }

  /** What changes within one turn is told once. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.tell();
    });
  }

  /** The newest watches come first where all together are more than the server takes. */
  private tell(): void {
    const newestFirst = [...this.watches].reverse();
    const userIds = [...new Set(newestFirst.flatMap((watch) => watch.userIds))].slice(0, limits.watchedUsers);
    const conversationIds = [...new Set(newestFirst.flatMap((watch) => watch.conversationIds))];
    this.connection
      .request({
        type: 'watch',
        userIds,
        conversationIds: conversationIds.slice(0, limits.watchedConversations),
      })
      .catch((error: unknown) => {
        // The next connection tells it.
        if (!(error instanceof Disconnected)) this.reportFailure(error);
      });
  }
}
