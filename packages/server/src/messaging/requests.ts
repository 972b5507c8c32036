import {
  type ClientFrame,
  type ClientFrameOf,
  type ConversationId,
  limits,
  type Receipt,
  type UserId,
} from '@parley/protocol';
import { ownView } from '../conversations/read-position.ts';
import type { Amendments } from '../operations/amendments.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Messages } from '../operations/messages.ts';
import type { ReadReceipts } from '../operations/read-receipts.ts';
import type { Clock } from '../platform/clock.ts';
import type { EnabledFeatures } from '../platform/enabled-features.ts';
import { Refusal } from '../platform/failures.ts';
import { knownFeatures } from '../platform/features.ts';
import type { Tracing } from '../platform/tracing.ts';
import { AcknowledgedReactions } from './acknowledged-reactions.ts';
import type { BroadcastGroups } from './broadcast-groups.ts';
import { type Connection, identityOf } from './connection.ts';
import type { Overload } from './overload.ts';
import type { PresenceWatch } from './presence-watch.ts';
import { refuse } from './refusal-frame.ts';

export interface RequestPorts {
  messages: Messages;
  amendments: Pick<Amendments, 'begin' | 'changes'>;
  receipts: ReadReceipts;
  reads: Pick<ConversationReads, 'ownOrNull'>;
  /** Throws {@link Refusal} `rate_limited` when the user exceeds a limit. */
  admission: {
    send(userId: UserId, conversationId: ConversationId): Promise<void> | undefined;
    amend(userId: UserId, conversationId: ConversationId): Promise<void>;
    /** Receives the outcome of a message that was admitted: the error if it failed. */
    sent(conversationId: ConversationId, error?: unknown): void;
    amended(conversationId: ConversationId, error?: unknown): void;
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
    private readonly groups: Pick<BroadcastGroups, 'featuresChanged'>,
  ) {}

  /**
   * Resolves when the next request of the connection may start, so that the requests of one connection take effect in
   * order; returns undefined when it may start at once.
   */
  handle(connection: Connection, frame: Exclude<ClientFrame, { type: 'hello' }>): Promise<void> | undefined {
    if (connection.wantsAmendments === null && frame.type !== 'features') this.declaresNone(connection);
    if (frame.type === 'send') return this.admitSend(connection, frame);
    return frame.type === 'amend' ? this.admitAmend(connection, frame) : this.handleOther(connection, frame);
  }

  /** A client declares its features by its first frame after `welcome`. */
  private declaresNone(connection: Connection): void {
    connection.declare(connection.features);
    this.groups.featuresChanged(connection);
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
      (error: unknown) => refuse(connection, frame.id, error, this.ports.reportFailure),
    );
  }

  /**
   * Answers when the outcome comes. The next request need not wait for it: the command log keeps the order. Most of what
   * a server does is this, so it makes no promises.
   */
  private send(connection: Connection, senderId: UserId, frame: ClientFrameOf<'send'>): void {
    const { id, conversationId, clientMessageId, text, replyTo } = frame;
    const { messages, tracing, admission, overload, reportFailure } = this.ports;
    const hop = tracing.begin('send', null);
    const failed = (error: unknown) => {
      hop.fail(error);
      admission.sent(conversationId, error);
      refuse(connection, id, error, reportFailure);
    };
    const sent = (receipt: Receipt) => {
      hop.end();
      admission.sent(conversationId);
      connection.send({ type: 'ack', id, clientMessageId, ...receipt });
    };
    try {
      const message = { senderId, conversationId, clientMessageId, text, replyTo };
      tracing.within(hop, () => messages.begin(message, { sent, failed }));
      connection.refusals = 0;
    } catch (error) {
      failed(error);
      if (error instanceof Refusal && error.code === 'overloaded') overload.refused(connection);
    }
  }

  /** Resolves when the amendment is in the command log, which keeps the order, or was refused. */
  private async admitAmend(connection: Connection, frame: ClientFrameOf<'amend'>): Promise<void> {
    const { type, id, ...amendment } = frame;
    const { conversationId, seq, change } = amendment;
    const { amendments, admission, reportFailure } = this.ports;
    const { userId } = identityOf(connection);
    try {
      await admission.amend(userId, conversationId);
      await amendments.begin(
        { actorId: userId, ...amendment },
        {
          amended(receipt) {
            admission.amended(conversationId);
            if (change.kind === 'react') {
              connection.acknowledgedReactions ??= new AcknowledgedReactions();
              connection.acknowledgedReactions.add(conversationId, { seq, ...change });
            }
            connection.send({ type: 'amend_ack', id, ...receipt });
          },
          failed(error) {
            admission.amended(conversationId, error);
            refuse(connection, id, error, reportFailure);
          },
        },
      );
    } catch (error) {
      refuse(connection, id, error, reportFailure);
    }
  }

  private async handleOther(
    connection: Connection,
    frame: Exclude<ClientFrame, { type: 'hello' | 'send' | 'amend' }>,
  ): Promise<void> {
    const { userId } = identityOf(connection);
    try {
      await this.ports.admission.frame(userId);
      if (frame.type === 'typing' || frame.type === 'read' || frame.type === 'unread') {
        await this.ports.admission.signal(userId);
      }
      await this.answer(connection, userId, frame);
    } catch (error) {
      refuse(connection, 'id' in frame ? frame.id : undefined, error, this.ports.reportFailure);
    }
  }

  private async answer(
    connection: Connection,
    userId: UserId,
    frame: Exclude<ClientFrame, { type: 'hello' | 'send' | 'amend' }>,
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
        connection.declare(knownFeatures(frame.features));
        this.groups.featuresChanged(connection);
        return;
      case 'changes': {
        const { id, conversationId, after, limit = limits.changesPageSize } = frame;
        const changes = await this.ports.amendments.changes(userId, conversationId, { after, limit });
        connection.send({ type: 'changes', id, ...changes });
        return;
      }
      case 'typing':
        await this.ports.receipts.typing(userId, frame.conversationId);
        return;
      case 'read': {
        const { id, conversationId, ...to } = frame;
        const position = await this.ports.receipts.markRead(userId, conversationId, to);
        if (id !== undefined) connection.send({ type: 'read', id, conversationId, userId, ...ownView(position) });
        return;
      }
      case 'unread': {
        const { id, conversationId, ...from } = frame;
        const position = await this.ports.receipts.markUnread(userId, conversationId, from);
        connection.send({ type: 'read', id, conversationId, userId, ...ownView(position) });
        return;
      }
      case 'history': {
        const { id, conversationId, before, after, around, limit = limits.historyPageSize } = frame;
        const page = await this.ports.messages.page(userId, conversationId, { before, after, around, limit });
        connection.send({ type: 'history', id, ...page });
        return;
      }
      case 'catch_up': {
        const ranges = frame.ranges.map(({ limit = limits.historyPageMax, ...range }) => ({ ...range, limit }));
        const missed = await this.ports.messages.missed(userId, ranges);
        connection.send({ type: 'catch_up', id: frame.id, ...missed });
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
}
