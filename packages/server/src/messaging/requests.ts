import {
  type ClientFrame,
  type ClientFrameOf,
  type ConversationId,
  limits,
  type Receipt,
  type ServerFrame,
  type UserId,
} from '@parley/protocol';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Messages } from '../operations/messages.ts';
import type { ReadReceipts } from '../operations/read-receipts.ts';
import type { Clock } from '../platform/clock.ts';
import type { EnabledFeatures } from '../platform/enabled-features.ts';
import { failureDetails, Refusal, Unavailable, Unwritable } from '../platform/failures.ts';
import { knownFeatures } from '../platform/features.ts';
import type { Tracing } from '../platform/tracing.ts';
import { type Connection, identityOf } from './connection.ts';
import type { Overload } from './overload.ts';
import type { PresenceWatch } from './presence-watch.ts';

export interface RequestPorts {
  messages: Messages;
  receipts: ReadReceipts;
  reads: Pick<ConversationReads, 'ownOrNull'>;
  /** Throws {@link Refusal} `rate_limited` when the user exceeds a limit. */
  admission: {
    send(userId: UserId, conversationId: ConversationId): Promise<void> | undefined;
    /** Receives the outcome of a message that was admitted: the error if it failed. */
    sent(conversationId: ConversationId, error?: unknown): void;
    frame(userId: UserId): Promise<void>;
    signal(userId: UserId): Promise<void>;
  };
  tracing: Tracing;
  clock: Pick<Clock, 'nowMs'>;
  enabled: Pick<EnabledFeatures, 'names'>;
  overload: Pick<Overload, 'refused'>;
  reportFailure(error: unknown): void;
}

/** The requests of a connection that said hello. */
export class Requests {
  constructor(
    private readonly ports: RequestPorts,
    private readonly watch: PresenceWatch,
  ) {}

  /**
   * Resolves when the next request of the connection may start, so that the requests of one connection take effect in
   * order; returns undefined when it may start at once.
   */
  handle(connection: Connection, frame: Exclude<ClientFrame, { type: 'hello' }>): Promise<void> | undefined {
    return frame.type === 'send' ? this.admitSend(connection, frame) : this.handleOther(connection, frame);
  }

  private admitSend(connection: Connection, frame: ClientFrameOf<'send'>): Promise<void> | undefined {
    const { userId } = identityOf(connection);
    const admitted = this.ports.admission.send(userId, frame.conversationId);
    if (!admitted) {
      this.send(connection, userId, frame);
      return undefined;
    }
    return admitted.then(
      () => this.send(connection, userId, frame),
      (error: unknown) => this.refuse(connection, frame.id, error),
    );
  }

  /**
   * Answers when the outcome comes. The next request need not wait for it: the command log keeps the order. Most of what
   * a server does is this, so it makes no promises.
   */
  private send(connection: Connection, senderId: UserId, frame: ClientFrameOf<'send'>): void {
    const { id, conversationId, clientMessageId, text } = frame;
    const { messages, tracing, admission, overload } = this.ports;
    const hop = tracing.begin('send', null);
    const failed = (error: unknown) => {
      hop.fail(error);
      admission.sent(conversationId, error);
      this.refuse(connection, id, error);
    };
    const sent = (receipt: Receipt) => {
      hop.end();
      admission.sent(conversationId);
      connection.send({ type: 'ack', id, clientMessageId, ...receipt });
    };
    try {
      tracing.within(hop, () => messages.begin({ senderId, conversationId, clientMessageId, text }, { sent, failed }));
      connection.refusals = 0;
    } catch (error) {
      failed(error);
      if (error instanceof Refusal && error.code === 'overloaded') overload.refused(connection);
    }
  }

  private async handleOther(
    connection: Connection,
    frame: Exclude<ClientFrame, { type: 'hello' | 'send' }>,
  ): Promise<void> {
    const { userId } = identityOf(connection);
    try {
      await this.ports.admission.frame(userId);
      if (frame.type === 'typing' || frame.type === 'read') await this.ports.admission.signal(userId);
      await this.answer(connection, userId, frame);
    } catch (error) {
      this.refuse(connection, 'id' in frame ? frame.id : undefined, error);
    }
  }

  private async answer(
    connection: Connection,
    userId: UserId,
    frame: Exclude<ClientFrame, { type: 'hello' | 'send' }>,
  ): Promise<void> {
    switch (frame.type) {
      case 'ping':
        connection.send({
          type: 'pong',
          ...(frame.id === undefined ? {} : { id: frame.id }),
          serverTimeMs: this.ports.clock.nowMs(),
          ...this.newFeatures(connection),
        });
        return;
      case 'features':
        connection.features = knownFeatures(frame.features);
        return;
      case 'typing':
        await this.ports.receipts.typing(userId, frame.conversationId);
        return;
      case 'read': {
        const { id, conversationId, seq } = frame;
        const position = await this.ports.receipts.markRead(userId, conversationId, seq);
        const answer: ServerFrame = { type: 'read', conversationId, userId, ...position };
        if (id !== undefined) connection.send({ ...answer, id });
        return;
      }
      case 'history': {
        const { id, conversationId, before, after, around, limit = limits.historyPageSize } = frame;
        const page = await this.ports.messages.page(userId, conversationId, { before, after, around, limit });
        connection.send({ type: 'history', id, ...page });
        return;
      }
      case 'watch': {
        connection.typingIn = new Set(frame.typingIn);
        const visible = (ids: readonly ConversationId[]) => this.visible(userId, ids);
        const snapshot = await this.watch.replace(connection, frame.userIds, frame.conversationIds ?? [], visible);
        connection.send({ type: 'presence', id: frame.id, ...snapshot });
      }
    }
  }

  /** The server's features, if they differ from those sent to the connection before. */
  private newFeatures(connection: Connection): { features?: string[] } {
    const { names } = this.ports.enabled;
    if (connection.sentFeatures === names) return {};
    connection.sentFeatures = names;
    return { features: [...names] };
  }

  /** Members alone may see an online count; other conversations are left out. */
  private async visible(userId: string, conversationIds: readonly ConversationId[]): Promise<ConversationId[]> {
    const own = await Promise.all(conversationIds.map((id) => this.ports.reads.ownOrNull(userId, id)));
    return own.flatMap((conversation) => conversation?.id ?? []);
  }

  private refuse(connection: Connection, id: string | undefined, error: unknown): void {
    const request = id === undefined ? {} : { id };
    if (error instanceof Refusal) {
      const field = error.more.errors?.[0]?.field;
      const { retryAfterMs } = error.more;
      connection.send({
        type: 'error',
        ...request,
        code: error.code,
        message: error.message,
        ...(field === undefined ? {} : { field }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
      return;
    }
    if (error instanceof Unwritable) {
      const { retryAfterMs } = error;
      const message = failureDetails.unwritable;
      connection.send({ type: 'error', ...request, code: 'unavailable', message, retryAfterMs });
      return;
    }
    this.ports.reportFailure(error);
    const unavailable = error instanceof Unavailable;
    connection.send({
      type: 'error',
      ...request,
      code: unavailable ? 'unavailable' : 'internal',
      message: unavailable ? failureDetails.unavailable : failureDetails.internal,
      ...(unavailable ? { retryAfterMs: 1_000 } : {}),
    });
  }
}
