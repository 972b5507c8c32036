import { type ConversationId, limits, type UserId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** What one view shows. Over all views, the newest ones count, up to `limits.watched…`. */
export interface Watch {
  /** The users whose presence is shown. */
  userIds?: readonly UserId[];
  /** The conversations whose online count is shown. */
  conversationIds?: readonly ConversationId[];
  /** The conversations whose typing users are shown. */
  typingIn?: readonly ConversationId[];
}

/** The union of all views, sent to the server whenever it changes and after each reconnect. */
export class Watches {
  private readonly watches = new Set<Watch>();
  private scheduled = false;

  constructor(
    private readonly connection: Pick<Connection, 'request'>,
    private readonly runtime: Pick<Runtime, 'after'>,
    /** Called with the watched users when the server has confirmed them. */
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

  /** Changes within one turn are sent together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.send();
    });
  }

  /** If all watches together exceed the limits, the newest come first. */
  private send(): void {
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
        if (error instanceof ParleyError && error.temporary) {
          this.runtime.after(error.retryAfterMs ?? 1_000, () => this.schedule());
        } else if (!(error instanceof Disconnected)) this.reportFailure(error);
        // Otherwise sent again after the next connect.
      });
  }
}
