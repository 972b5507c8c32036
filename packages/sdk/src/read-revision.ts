import { limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';

/** Up to which revision this person's read positions, moved on any device, are here and in the store. */
export class ReadRevision {
  /** Null: not known, the homepage has to be read to its end. */
  current: number | null = null;

  constructor(private readonly core: ClientCore) {}

  /** Whether asking for what changed brings this client up to date; not when the server went back to before it. */
  isBefore(told: number): boolean {
    return this.current !== null && this.current <= told;
  }

  /** Takes in what changed up to `told`. The cost grows with that, whatever page of the homepage it is on. */
  async follow(told: number, isCurrent: () => boolean): Promise<void> {
    let after = this.current ?? 0;
    while (after < told && isCurrent()) {
      const page = await this.core.api.call('getReadPositions', { after, limit: limits.readPositionPageMax });
      for (const { conversationId, seq, messageCount } of page.positions) {
        this.core.readElsewhere(conversationId, seq, messageCount);
      }
      if (page.revision <= after) break;
      after = page.revision;
      if (!page.hasMore) break;
    }
    this.keep(after);
  }

  /**
   * Everything up to `revision` has been taken in. Kept once that is in the store: after a crash between the two it is
   * asked for again.
   */
  keep(revision: number): void {
    if (revision === this.current) return;
    const userId = this.core.account?.id;
    this.core
      .conversationsWritten()
      .then(() => {
        if (this.core.account?.id !== userId) return;
        this.current = revision;
        return this.core.saveSession();
      })
      .catch(this.core.reportFailure);
  }
}
