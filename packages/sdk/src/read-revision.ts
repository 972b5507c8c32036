import { limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';

/** The revision up to which the read positions of all of this person's devices are known and stored. */
export class ReadRevision {
  /** Null: unknown; the homepage has to be read to its end. */
  current: number | null = null;

  constructor(private readonly core: ClientCore) {}

  /** Whether a request for changes is enough. It is not when the server went back to before the known revision. */
  isBefore(told: number): boolean {
    return this.current !== null && this.current <= told;
  }

  /** Takes in the changes up to `told`. The cost grows with the number of changes alone. */
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
   * Everything up to `revision` has been taken in. The revision is stored after the positions: after a crash between
   * the two they are requested again.
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
