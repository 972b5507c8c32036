import { expect } from 'bun:test';
import { type Entry, limits } from '@parley/protocol';
import type { Conversation, ParleyClient, Store } from '@parley/sdk';
import { until } from './until.ts';

/** What one device shows of a conversation: the entries of `live`, in the states of the events `amended`. */
export class ShownConversation {
  /** The numbers of the entries in the order in which `live` returned them. */
  readonly arrived: number[] = [];
  private readonly states = new Map<number, Entry>();

  constructor(
    readonly client: ParleyClient,
    readonly conversation: Conversation,
  ) {
    client.on('amended', (event) => {
      if (event.conversation.id !== conversation.id) return;
      if (event.reread) throw new Error('this device does not read again');
      for (const message of event.messages) this.states.set(message.seq, message);
    });
    void this.follow();
  }

  /** The state of an entry that has arrived. */
  get(seq: number): Entry | undefined {
    return this.states.get(seq);
  }

  /**
   * Waits until the device shows exactly the history as the server returns it to this user: the same texts, flags,
   * reactions and revisions. If it has a store, its entries have the same states. Returns the history.
   */
  async agrees(store: Store | null = null): Promise<Entry[]> {
    const history = await this.readHistory();
    const { client, conversation, states } = this;
    const shown = () => [...states.values()].sort((a, b) => a.seq - b.seq);
    const stored = async () => (await store?.entries(conversation.id, { limit: limits.historyPageMax })) ?? [];
    // A store has the newest entries.
    const expected = (count: number) => history.slice(history.length - count);
    const isAgreed = async () => {
      const kept = await stored();
      return Bun.deepEquals(shown(), history) && Bun.deepEquals(kept, expected(kept.length));
    };
    try {
      await until('a device shows and stores the history', isAgreed, { withinMs: 300_000, pauseMs: 20 });
    } catch (error) {
      console.error(`${client.account?.username}: ${error}`);
      expect(shown()).toEqual(history);
      expect(await stored()).toEqual(expected((await stored()).length));
      throw error;
    }
    expect(this.arrived).toEqual(history.map(({ seq }) => seq));
    if (store) expect(await stored()).not.toEqual([]);
    return history;
  }

  private async follow(): Promise<void> {
    for await (const entry of this.conversation.live({ after: 0 })) {
      this.arrived.push(entry.seq);
      // An event `amended` may have come before it.
      if (revisionOf(entry) >= revisionOf(this.states.get(entry.seq))) this.states.set(entry.seq, entry);
    }
  }

  private async readHistory(): Promise<Entry[]> {
    const entries: Entry[] = [];
    while (true) {
      const after = entries.at(-1)?.seq ?? 0;
      const range = { conversationId: this.conversation.id, after, limit: limits.historyPageMax };
      const page = await this.client.call('getHistory', range);
      if (page.entries.length === 0) return entries;
      entries.push(...page.entries);
    }
  }
}

function revisionOf(entry: Entry | undefined): number {
  return entry?.kind === 'message' ? (entry.revision ?? 0) : -1;
}
