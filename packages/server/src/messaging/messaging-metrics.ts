import type { CloseReason } from '@parley/protocol';

/** What messaging tells about itself. */
export interface MessagingMetrics {
  /** An entry was handed to so many sockets, so long after it was decided: by the clocks of two machines, perhaps. */
  handedOut(entry: { sockets: number; sinceDecidedMs: number }): void;
  /** A socket was closed, or not let in, by this server for a reason, or by its client. */
  socketClosed(reason: CloseReason | 'client'): void;
  /** The lease was gone: everybody here had to start anew (race 6). */
  leaseLost(): void;
  /** The registry forgot everything, and was told again (race 7). */
  registryForgot(): void;
}

export const noMessagingMetrics: MessagingMetrics = {
  handedOut: () => undefined,
  socketClosed: () => undefined,
  leaseLost: () => undefined,
  registryForgot: () => undefined,
};
