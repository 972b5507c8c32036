import {
  type CloseReason,
  type ConversationId,
  closeCodes,
  type ServerFrame,
  type SessionId,
  type UserId,
} from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import type { Socket } from './socket.ts';

/**
 * Bytes that may wait for a slow reader; above it the connection is told to resynchronise and closed (contract 7).
 * Below Bun's own limit (see `socketBufferBytes`), so that those last frames still fit.
 */
export const slowReaderBytes = 128 * 1024;

/** A peer that doesn't answer a close frame within this is cut off. */
const closeTimeoutMs = 5_000;

export interface Identity {
  userId: UserId;
  sessionId: SessionId;
}

const noFeatures: ReadonlySet<string> = new Set();

/** One WebSocket, from opening to closing. */
export class Connection {
  /** Who it is, once `hello` was accepted. */
  identity: Identity | null = null;
  helloSeen = false;
  /** Conversations in view there: who types elsewhere is not told. */
  typingIn: ReadonlySet<ConversationId> = new Set();
  /** What the client says that it understands; nothing of a client that says nothing. */
  features: ReadonlySet<string> = noFeatures;
  /** What it was told of the server's features last; undefined before `welcome`. */
  toldFeatures: readonly string[] | undefined;
  /** Whether the registry counts this connection. */
  attended = false;
  closed = false;
  /** Why this server closed it; null when it didn't. */
  closedFor: CloseReason | null = null;
  lastHeardMs: number;
  /** Whether nothing is read from it for now, pongs included. */
  isPaused = false;

  constructor(
    readonly socket: Socket,
    readonly address: string,
    private readonly clock: Clock,
  ) {
    this.lastHeardMs = clock.monotonicMs();
  }

  heard(): void {
    this.lastHeardMs = this.clock.monotonicMs();
  }

  /** Reads nothing more, so that TCP slows the sender down. */
  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  /** Reads on. That nothing was heard meanwhile was not the peer's silence, so that starts to count anew. */
  resume(): void {
    this.isPaused = false;
    this.heard();
    this.socket.resume();
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  /** Sends an encoded frame. A frame that can't be kept for a slow reader is never dropped silently (contract 7). */
  sendText(text: string): void {
    if (this.closed) return;
    if (!this.socket.send(text) || this.socket.bufferedBytes() > slowReaderBytes) this.resync('you read too slowly');
  }

  /** Tells the client that it missed something, and closes. */
  resync(reason: string): void {
    if (this.closed) return;
    this.socket.send(JSON.stringify({ type: 'resync', reason } satisfies ServerFrame));
    this.close('resync');
  }

  close(reason: CloseReason, detail = ''): void {
    if (this.closed) return;
    this.closed = true;
    this.closedFor = reason;
    this.socket.close(closeCodes[reason].code, detail || reason);
    this.clock.after(closeTimeoutMs, () => this.socket.terminate());
  }
}

/** The identity of a connection whose `hello` was accepted. */
export function identityOf(connection: Connection): Identity {
  if (!connection.identity) throw new Error('a connection was used before its hello was accepted');
  return connection.identity;
}
