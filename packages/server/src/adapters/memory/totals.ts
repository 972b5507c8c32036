import type { Totals } from '../../users/totals-port.ts';
import type { ConversationData } from './conversation-data.ts';
import type { MemoryUserStore } from './user-store.ts';

export class MemoryTotals implements Totals {
  constructor(
    private readonly data: ConversationData,
    private readonly users: MemoryUserStore,
  ) {}

  async read(): Promise<{ users: number; conversations: number; messages: number; databaseBytes: number }> {
    const heads = [...this.data.heads.values()];
    return {
      users: this.users.count,
      conversations: heads.filter((head) => !head.closed).length,
      messages: heads.reduce((sum, head) => sum + head.messageCount, 0),
      databaseBytes: 0,
    };
  }
}
