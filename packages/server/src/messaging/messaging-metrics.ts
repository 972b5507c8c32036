import type { CloseReason } from '@parley/protocol';

/** The metrics of messaging. */
export interface MessagingMetrics {
  /**
   * An entry was sent to this many sockets, this long after it was decided, possibly by the clock of another machine.
   */
  handedOut(entry: { sockets: number; sinceDecidedMs: number }): void;
  /** A socket was closed, by its client or by this server, or was refused. */
  socketClosed(reason: CloseReason | 'client'): void;
  /** The lease was lost: all clients had to reconnect (race 6). */
  leaseLost(): void;
  /** The registry lost its data, and everything was registered again (race 7). */
  registryForgot(): void;
}

export const noMessagingMetrics: MessagingMetrics = {
  handedOut: () => undefined,
  socketClosed: () => undefined,
  leaseLost: () => undefined,
  registryForgot: () => undefined,
};
