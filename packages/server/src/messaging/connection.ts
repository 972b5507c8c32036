import {
  type CloseReason,
  type ConversationId,
  closeCodes,
  type ServerFrame,
  type SessionId,
  type UserId,
} from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { amendmentsFeature } from '../platform/features.ts';
import type { AcknowledgedReactions } from './acknowledged-reactions.ts';
import { HeldFrames } from './held-frames.ts';
import { Outbox } from './outbox.ts';
import type { Socket } from './socket.ts';

/**
 * Bytes that may wait for a slow reader. Above it the server sends `resync` and closes the connection (contract 7). The
 * limit is below Bun's own (see `socketBufferBytes`), so that those last frames still fit.
 */
export const slowReaderBytes = 128 * 1024;

/** Characters of unsent frames above which they are written before the turn ends; about the runtime's write buffer. */
const unsentMax = 16 * 1024;

/** A peer that does not answer a close frame within this time is disconnected. */
const closeTimeoutMs = 5_000;

export interface Identity {
  userId: UserId;
  sessionId: SessionId;
}

/** Shared, because most connections have neither features nor conversations in view. */
const none: ReadonlySet<string> = new Set();

/** One WebSocket, from opening to closing. */
export class Connection {
  /** The owner; null until `hello` was accepted. */
  identity: Identity | null = null;
  helloSeen = false;
  /** Conversations in view on the client. Typing in others is not sent to it. */
  typingIn: ReadonlySet<ConversationId> = none;
  /** The features that the client declared; empty for a client that declared none. */
  features: ReadonlySet<string> = none;
  /** Whether the client supports amendments; null until it has declared its features, or shown that it declares none. */
  wantsAmendments: boolean | null = null;
  private held: HeldFrames | null = null;
  /** Null for most connections. */
  acknowledgedReactions: AcknowledgedReactions | null = null;
  /** The server's features that were last sent to it; undefined before `welcome`. */
  sentFeatures: readonly string[] | undefined;
  /** Ends the attendance of its user by this connection; null while the registry does not count it. */
  depart: (() => void) | null = null;
  closed = false;
  /** The reason for which this server closed it; null when it did not. */
  closedFor: CloseReason | null = null;
  readonly openedMs: number;
  lastHeardMs: number;
  /** Whether reading from it is paused. Pongs are not read then, either. */
  isPaused = false;
  /** Its messages that were refused since one was accepted, because the server was overloaded. */
  refusals = 0;
  /** Frames that wait for the end of the turn, in order; null when there are none. */
  private unsent: string[] | null = null;
  private unsentLength = 0;

  constructor(
    readonly socket: Socket,
    readonly address: string,
    private readonly clock: Clock,
    private readonly outbox = new Outbox(),
  ) {
    this.openedMs = clock.monotonicMs();
    this.lastHeardMs = this.openedMs;
  }

  heard(): void {
    this.lastHeardMs = this.clock.monotonicMs();
  }

  /** Stops reading, so that TCP slows the sender down. */
  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  /** Resumes reading. The pause does not count as silence of the peer. */
  resume(): void {
    this.isPaused = false;
    this.heard();
    this.socket.resume();
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  /** Sends an encoded frame, in one write with the other frames of this turn (see {@link Outbox}). */
  sendText(text: string): void {
    if (this.closed) return;
    this.unsentLength += text.length;
    if (this.unsent) this.unsent.push(text);
    else {
      this.unsent = [text];
      this.outbox.add(this);
    }
    if (this.unsentLength > unsentMax) this.flush();
  }

  /** Sends an encoded frame `amended` if the client supports it. Holds it until the client declares its features. */
  sendAmendment(text: string): void {
    if (this.wantsAmendments) this.sendText(text);
    else if (this.wantsAmendments === null) {
      this.held ??= new HeldFrames();
      this.held.add(text);
    }
  }

  /**
   * The client declared its features, or sent another frame without declaring any. Amendments that were made since the
   * connection was registered are sent now: the snapshot may not have them (contract 5).
   */
  declare(features: ReadonlySet<string>): void {
    this.features = features;
    this.wantsAmendments = features.has(amendmentsFeature);
    const { held } = this;
    this.held = null;
    if (!held || !this.wantsAmendments) return;
    if (held.texts) for (const text of held.texts) this.sendText(text);
    else this.resync('too much was amended before you declared your features');
  }

  /**
   * Writes the unsent frames. When they can't be buffered for a slow reader, the connection is resynchronised, so that
   * no frame is dropped silently (contract 7).
   */
  flush(): void {
    const texts = this.unsent;
    if (!texts || this.closed) return;
    this.unsent = null;
    this.unsentLength = 0;
    if (!this.write(texts) || this.socket.bufferedBytes() > slowReaderBytes) this.resync('you read too slowly');
  }

  /** Sends `resync`, because the client has missed something, and closes. */
  resync(reason: string): void {
    this.send({ type: 'resync', reason });
    this.close('resync');
  }

  close(reason: CloseReason, detail = ''): void {
    if (this.closed) return;
    this.writeLast();
    this.closed = true;
    this.closedFor = reason;
    this.socket.close(closeCodes[reason].code, detail || reason);
    this.clock.after(closeTimeoutMs, () => this.socket.terminate());
  }

  /** Writes the frames that wait before the connection closes, whether they fit or not. */
  private writeLast(): void {
    const texts = this.unsent;
    this.unsent = null;
    if (texts) this.write(texts);
  }

  /** Returns whether all frames were accepted. */
  private write(texts: readonly string[]): boolean {
    const [only] = texts;
    if (only !== undefined && texts.length === 1) return this.socket.send(only);
    let accepted = true;
    this.socket.cork(() => {
      for (const text of texts) if (!this.socket.send(text)) accepted = false;
    });
    return accepted;
  }
}

/** The identity of a connection whose `hello` was accepted. */
export function identityOf(connection: Connection): Identity {
  if (!connection.identity) throw new Error('a connection was used before its hello was accepted');
  return connection.identity;
}
