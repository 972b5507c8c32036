import { limits } from '@parley/protocol';
import type { Runtime } from '@parley/sdk';

/** The users who type in the open conversation, each until the protocol's timeout. */
export class TypingUsers {
  /** Functions that cancel the timeouts, by user. */
  private readonly timeouts = new Map<string, () => void>();

  constructor(
    private readonly runtime: Pick<Runtime, 'after'>,
    private readonly changed: () => void,
  ) {}

  get userIds(): string[] {
    return [...this.timeouts.keys()];
  }

  start(userId: string): void {
    this.stop(userId);
    const end = () => {
      this.stop(userId);
      this.changed();
    };
    this.timeouts.set(userId, this.runtime.after(limits.typingMs, end));
  }

  stop(userId: string): void {
    this.timeouts.get(userId)?.();
    this.timeouts.delete(userId);
  }

  clear(): void {
    for (const userId of this.userIds) this.stop(userId);
  }
}
