import { type ConversationId, limits, type UserId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected } from './parley-error.ts';

/** What one view shows of others. Of all views together the newest `limits.watched…` count. */
export interface Watch {
  /** Whose presence. */
  userIds?: readonly UserId[];
  /** Conversations whose online count. */
  conversationIds?: readonly ConversationId[];
  /** Conversations in which it is told who types. */
  typingIn?: readonly ConversationId[];
}

/** What all views together watch, told to the server whenever it changes and after each reconnect. */
export class Watches {
  private readonly watches = new Set<Watch>();
  private scheduled = false;

  constructor(
    private readonly connection: Pick<Connection, 'request'>,
    /** Told of the people who are watched, once the server knows. */
    private readonly watched: (userIds: readonly UserId[]) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  add(given: Watch): () => void {
    const watch = { ...given };
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
    const all = (what: keyof Watch, atMost: number) =>
      [...new Set(newestFirst.flatMap((watch) => watch[what] ?? []))].slice(0, atMost);
    const userIds = all('userIds', limits.watchedUsers);
    this.connection
      .request({
        type: 'watch',
        userIds,
        conversationIds: all('conversationIds', limits.watchedConversations),
        typingIn: all('typingIn', limits.watchedTyping),
      })
      .then(() => this.watched(userIds))
      .catch((error: unknown) => {
        // The next connection tells it.
        if (!(error instanceof Disconnected)) this.reportFailure(error);
      });
  }
}
