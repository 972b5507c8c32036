import { limits } from '@parley/protocol';
import type { Conversation } from './conversation.ts';
import type { Conversations } from './conversations.ts';

/** An activity dated more than this after the server's time was dated by a wrong clock. */
const aheadMaxMs = 5_000;

/** Moves conversations that were dated while the server's clock was ahead behind those with real activity. */
export class ActivityOrder {
  /** Upper bound of the last activity of all conversations; Infinity until they were looked at. */
  private newestMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly conversations: Conversations,
    private readonly changed: (conversation: Conversation) => void,
  ) {}

  saw({ data }: Conversation): void {
    this.newestMs = Math.max(this.newestMs, data.lastActivityAtMs);
  }

  /** The server told its time. Activity since it last did so stays ahead of what was dated wrongly. */
  serverTime(nowMs: number): void {
    this.settle(nowMs, nowMs - 2 * limits.heartbeatMs);
  }

  /** An entry that is new to a client that has everything was made just now. */
  entryMade(atMs: number): void {
    this.settle(atMs, atMs);
  }

  private settle(nowMs: number, asOfMs: number): void {
    if (this.newestMs <= nowMs + aheadMaxMs) return;
    const list = this.conversations.list();
    const ahead = list.filter(({ data }) => data.lastActivityAtMs > nowMs + aheadMaxMs);
    this.newestMs = list[ahead.length]?.data.lastActivityAtMs ?? asOfMs;
    for (const [index, conversation] of ahead.entries()) {
      conversation.data = { ...conversation.data, lastActivityAtMs: asOfMs - 1 - index };
      this.changed(conversation);
    }
  }
}
