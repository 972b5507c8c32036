import type { Entry, History, MessageEntry, ParleyClient } from '@parley/sdk';
import { keepNewest } from './keep-newest.ts';

/** Messages that are kept; older ones are requested again when a reply to them is shown. */
const keptMax = 10_000;

/** The messages that replies quote, in their present states. Requests those that are not loaded. */
export class Quotes {
  private readonly messages = new Map<string, MessageEntry>();
  private readonly requested = new Set<string>();

  /** @param changed is called when a requested message has arrived. */
  constructor(
    private readonly client: Pick<ParleyClient, 'conversations'>,
    private readonly changed: () => void,
  ) {}

  learn(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'message') continue;
      keepNewest(this.messages, keyOf(entry.conversationId, entry.seq), entry, keptMax);
    }
  }

  learnPage({ entries, quoted = [] }: Pick<History, 'entries' | 'quoted'>): void {
    this.learn([...entries, ...quoted]);
  }

  /** The message with this number; undefined until it has arrived, and if the user may not see it. */
  get(conversationId: string, seq: number): MessageEntry | undefined {
    const key = keyOf(conversationId, seq);
    const known = this.messages.get(key);
    if (!known && !this.requested.has(key)) {
      this.requested.add(key);
      this.request(conversationId, seq).catch(() => this.requested.delete(key));
    }
    return known;
  }

  clear(): void {
    this.messages.clear();
    this.requested.clear();
  }

  private async request(conversationId: string, seq: number): Promise<void> {
    const page = await this.client.conversations.get(conversationId)?.history({ around: seq, limit: 1 });
    // The server may have a message that the store lacks.
    if (page?.source === 'store') this.requested.delete(keyOf(conversationId, seq));
    if (!page?.entries.some((entry) => entry.seq === seq)) return;
    this.learnPage(page);
    this.changed();
  }
}

function keyOf(conversationId: string, seq: number): string {
  return `${conversationId} ${seq}`;
}
