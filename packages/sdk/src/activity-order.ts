import { limits } from '@parley/protocol';
import type { Conversation } from './conversation.ts';
import type { Conversations } from './conversations.ts';

/** What is dated more than this after the server's time was dated by a clock that was wrong. */
const aheadMaxMs = 5_000;

/** Keeps conversations that the server dated while its clock was ahead from staying first in lists until then. */
export class ActivityOrder {
  /** No conversation is newer; Infinity before the first look. */
  private newestMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly conversations: Conversations,
    private readonly changed: (conversation: Conversation) => void,
  ) {}

  saw({ data }: Conversation): void {
    this.newestMs = Math.max(this.newestMs, data.lastActivityAtMs);
  }

  /** The server told its time. What happened since it told it last stays before what was dated ahead. */
  serverTime(nowMs: number): void {
    this.settle(nowMs, nowMs - 2 * limits.heartbeatMs);
  }

  /** An entry was made just now: of a client that has everything, one that is new to it was. */
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
