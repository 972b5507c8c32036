import { limits } from '@parley/protocol';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';

/** An activity whose time is further ahead of the server's time than this was dated by a clock that was wrong. */
const aheadMaxMs = 5_000;

/** Moves conversations that were dated while the server's clock was ahead behind those with real activity. */
export class ActivityOrder {
  /** An upper bound of the activity times of all conversations; Infinity until they have been compared. */
  private newestMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly records: Pick<ConversationRecords, 'list'>,
    private readonly changed: (record: ConversationRecord) => void,
  ) {}

  saw({ data }: ConversationRecord): void {
    this.newestMs = Math.max(this.newestMs, data.lastActivityAtMs);
  }

  /** The server sent its time. Activity since its previous time stays before conversations with wrong times. */
  serverTime(nowMs: number): void {
    this.settle(nowMs, nowMs - 2 * limits.heartbeatMs);
  }

  /** A live entry has the server's present time. */
  entryMade(atMs: number): void {
    this.settle(atMs, atMs);
  }

  private settle(nowMs: number, asOfMs: number): void {
    if (this.newestMs <= nowMs + aheadMaxMs) return;
    const list = this.records.list();
    const ahead = list.filter(({ data }) => data.lastActivityAtMs > nowMs + aheadMaxMs);
    this.newestMs = list[ahead.length]?.data.lastActivityAtMs ?? asOfMs;
    for (const [index, record] of ahead.entries()) {
      record.data = { ...record.data, lastActivityAtMs: asOfMs - 1 - index };
      this.changed(record);
    }
  }
}
