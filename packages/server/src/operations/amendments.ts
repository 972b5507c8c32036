import {
  type AmendmentReceipt,
  type ConversationId,
  limits,
  type MessageChange,
  type MessageChanges,
  type ResponseOf,
  type UserId,
} from '@parley/protocol';
import * as z from 'zod/mini';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Command } from '../conversations/command.ts';
import { type Membership, type MembershipReads, membershipOf } from '../conversations/membership.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { HistoryStore } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';
import { cursorText, decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { confirmEnabled, type EnabledFeatures } from '../platform/enabled-features.ts';
import { Refusal } from '../platform/failures.ts';
import { amendmentsFeature, levelOf } from '../platform/features.ts';
import type { UserStore } from '../users/users-port.ts';
import { withOwnReactions } from './own-reactions.ts';
import type { ServerSettings } from './server-settings.ts';
import { usersById } from './users-by-id.ts';

const usersCursor = z.tuple([cursorText]);

export interface AmendmentToMake {
  actorId: UserId;
  conversationId: ConversationId;
  seq: number;
  /** Makes a retry safe (contract 2). */
  amendmentId: string;
  change: MessageChange;
}

export interface AmendmentPorts {
  history: Pick<HistoryStore, 'changes' | 'changedCount' | 'ownReactions' | 'pins' | 'reactedUsers'>;
  conversations: MembershipReads;
  users: Pick<UserStore, 'byIds'>;
  registry: Pick<ConnectionRegistry, 'online'>;
  submitter: Pick<CommandSubmitter, 'begin'>;
  settings: Pick<ServerSettings, 'inForce'>;
  clock: Pick<Clock, 'nowMs'>;
  enabled: Pick<EnabledFeatures, 'level'>;
}

/** Learns what became of an amendment: one of the two is called, once. */
export interface AmendmentReceiver {
  /** The amendment is on disk (contract 1), or the message already was as requested. */
  amended(receipt: AmendmentReceipt): void;
  /** It was refused, by a {@link Refusal}, or no outcome came. */
  failed(error: unknown): void;
}

/** Amendments of messages: making them, and reading what they changed. */
export class Amendments {
  constructor(private readonly ports: AmendmentPorts) {}

  /** Resolves when the amendment is on disk (contract 1). Throws {@link Refusal}. */
  async amend(amendment: AmendmentToMake): Promise<AmendmentReceipt> {
    const { promise, resolve, reject } = Promise.withResolvers<AmendmentReceipt>();
    await this.begin(amendment, { amended: resolve, failed: reject });
    return promise;
  }

  /**
   * As {@link amend}, for sockets: resolves when the command is in the log, and calls the receiver in the turn in which
   * the outcome arrives, so that the acknowledgement precedes the amendment. Rejects with {@link Refusal} before anything
   * is done; the receiver is then not called.
   */
  async begin(amendment: AmendmentToMake, receiver: AmendmentReceiver): Promise<void> {
    const { conversationId } = amendment;
    this.ports.submitter.begin(await this.commandOf(amendment), {
      settled(outcome) {
        if (outcome.kind === 'amended') {
          receiver.amended({ conversationId, seq: outcome.seq, revision: outcome.revision });
        } else if (outcome.kind === 'refused') receiver.failed(new Refusal(outcome.code, outcome.detail));
        else receiver.failed(new Error(`an amendment had the outcome ${outcome.kind}`));
      },
      failed: (error) => receiver.failed(error),
    });
  }

  /**
   * The present state of the messages that were amended after a revision and that the reader may see (contract 8).
   * Throws {@link Refusal} `not_found`.
   */
  async changes(
    readerId: UserId,
    conversationId: ConversationId,
    { after, limit }: { after: number; limit: number },
  ): Promise<MessageChanges> {
    // Read first: amendments that are made meanwhile are in the answer to the next request, or in this one.
    const { head, participant, epoch } = await this.membership(readerId, conversationId);
    const { visibleFromSeq: fromSeq } = participant;
    const base = { conversationId, ...(epoch !== undefined && { epoch }) };
    const revisions = head.revision - after;
    if (revisions <= 0) return { ...base, revision: after, entries: [], complete: true };
    if (revisions > limits.changesMax && (await this.hasTooManyChanges(conversationId, after))) {
      return { ...base, revision: head.revision, entries: [], complete: true, reread: true };
    }
    const textBytes = limits.historyPageTextBytes;
    const changed = await this.ports.history.changes({ conversationId, after, fromSeq, limit, textBytes });
    // Without a message that the reader may see, everything up to the head is known.
    const revision = changed.at(-1)?.revision ?? head.revision;
    const entries = await withOwnReactions(this.ports.history, readerId, changed);
    return { ...base, revision, entries, complete: revision >= head.revision };
  }

  /** The pinned messages that the reader may see, newest first. Throws {@link Refusal} `not_found`. */
  async pins(readerId: UserId, conversationId: ConversationId): Promise<ResponseOf<'listPins'>> {
    const { participant } = await this.membership(readerId, conversationId);
    const pinned = await this.ports.history.pins(conversationId);
    const visible = pinned.filter(({ seq }) => seq >= participant.visibleFromSeq);
    return { entries: await withOwnReactions(this.ports.history, readerId, visible) };
  }

  /** A page of the users who reacted with an emoji. Throws {@link Refusal} `not_found` or `message_not_found`. */
  async reactedUsers(
    readerId: UserId,
    { conversationId, seq }: { conversationId: ConversationId; seq: number },
    { emoji, cursor, limit }: { emoji: string; cursor?: string | undefined; limit: number },
  ): Promise<ResponseOf<'listReactions'>> {
    const { head, participant } = await this.membership(readerId, conversationId);
    if (seq < participant.visibleFromSeq || seq > head.headSeq) {
      throw new Refusal('message_not_found', `There is no message ${seq}, or you may not read it.`);
    }
    const [after = null] = cursor === undefined ? [] : decodeCursor(cursor, usersCursor);
    const userIds = await this.ports.history.reactedUsers({ conversationId, seq, emoji }, { after, limit });
    const users = await usersById(this.ports.users, this.ports.registry, userIds);
    const last = userIds.length === limit ? userIds.at(-1) : undefined;
    return {
      users: userIds.flatMap((id) => users.get(id) ?? []),
      nextCursor: last === undefined ? null : encodeCursor([last]),
    };
  }

  /** Several amendments of one message are one change. */
  private async hasTooManyChanges(conversationId: ConversationId, after: number): Promise<boolean> {
    const { changesMax } = limits;
    return (await this.ports.history.changedCount(conversationId, after, changesMax + 1)) > changesMax;
  }

  private membership(readerId: UserId, conversationId: ConversationId): Promise<Membership> {
    confirmEnabled(levelOf(amendmentsFeature), this.ports.enabled);
    return membershipOf(this.ports.conversations, readerId, conversationId);
  }

  /** An edit carries its time and the edit window in force, so that it is decided the same when it is replayed later. */
  private async commandOf(amendment: AmendmentToMake): Promise<Command> {
    const { actorId, conversationId, seq, amendmentId, change } = amendment;
    const common = { actorId, conversationId, commandId: amendmentId, seq };
    if (change.kind !== 'edit') return { ...common, ...change };
    const { editWindowMs } = await this.ports.settings.inForce();
    const acceptedAtMs = this.ports.clock.nowMs();
    return { ...common, ...change, acceptedAtMs, editWindowMs };
  }
}
