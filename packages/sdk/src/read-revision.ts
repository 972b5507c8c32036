import { limits } from '@parley/protocol';
import type { ConversationUpdater } from './conversation-updater.ts';
import type { HttpApi } from './http.ts';
import type { Identity } from './identity.ts';

/** What {@link ReadRevision} needs. */
export interface ReadRevisionPorts {
  readonly api: Pick<HttpApi, 'call'>;
  readonly updater: Pick<ConversationUpdater, 'readElsewhere' | 'written'>;
  readonly identity: Identity;
  saveSession(): Promise<void>;
  reportFailure(error: unknown): void;
}

/** The revision up to which the read positions of all devices of the user are known and stored. */
export class ReadRevision {
  /** Null if unknown: all pages of the homepage have to be read. */
  current: number | null = null;

  constructor(private readonly ports: ReadRevisionPorts) {}

  /** Whether requesting the changes is enough. It is not if the server went back to an earlier revision. */
  isBefore(serverRevision: number): boolean {
    return this.current !== null && this.current <= serverRevision;
  }

  /** Applies the changes up to `serverRevision`. The cost depends only on the number of changes. */
  async follow(serverRevision: number, isCurrent: () => boolean): Promise<void> {
    let after = this.current ?? 0;
    while (after < serverRevision && isCurrent()) {
      const page = await this.ports.api.call('getReadPositions', { after, limit: limits.readPositionPageMax });
      for (const position of page.positions) this.ports.updater.readElsewhere(position);
      if (page.revision <= after) break;
      after = page.revision;
      if (!page.hasMore) break;
    }
    this.keep(after);
  }

  /**
   * Everything up to `revision` has been applied. The revision is stored after the positions: after a crash between the
   * two they are requested again.
   */
  keep(revision: number): void {
    if (revision === this.current) return;
    const { identity, updater, saveSession, reportFailure } = this.ports;
    const userId = identity.account?.id;
    updater
      .written()
      .then(() => {
        if (identity.account?.id !== userId) return;
        this.current = revision;
        return saveSession();
      })
      .catch(reportFailure);
  }
}
