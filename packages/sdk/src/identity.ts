import type { Account } from '@parley/protocol';

/** The account that the client acts for. */
export class Identity {
  /** The account that is logged in. */
  account: Account | null = null;
  /** The account whose session was lost when the server was restored. The stored data belongs to it. */
  lost: Account | null = null;
  /** Whether the store could not be read, so that it may have a session. */
  isUnknown = false;
}
