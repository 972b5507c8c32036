import {
  type AmendmentReceipt,
  amended,
  type ConversationId,
  type Entry,
  isUnchanged,
  type MessageEntry,
} from '@parley/protocol';
import type { Identity } from './identity.ts';
import { OutgoingAmendment } from './outgoing-amendment.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';
import { revisionOf } from './store/entry-versions.ts';
import type { Store, StoredAmendment } from './store/store.ts';
import { TurnQueue } from './turn-queue.ts';

/** What {@link AmendmentOutbox} needs. */
export interface AmendmentOutboxPorts {
  readonly store: Pick<Store, 'amendments' | 'putAmendment' | 'deleteAmendment' | 'entries'>;
  readonly runtime: Pick<Runtime, 'nowMs' | 'uuid' | 'after'>;
  readonly identity: Identity;
  /** Rejects with {@link ParleyError} or {@link Disconnected}. */
  transmit(amendment: StoredAmendment & { seq: number }): Promise<AmendmentReceipt>;
  /** The waiting message with this client message id. */
  messageOf(clientMessageId: string): OutgoingMessage | undefined;
  /** The waiting message is deleted once it was sent. */
  hide(message: OutgoingMessage): void;
  acknowledged(amendment: StoredAmendment & { seq: number }, revision: number): void;
  /** The messages, at most one, are to be shown in this state. `failure`: the amendment was refused. */
  show(conversationId: ConversationId, messages: readonly MessageEntry[], failure: ParleyError | null): void;
  reportFailure(error: unknown): void;
}

/** The entries in which the message of an amendment is searched after a restart. */
const searchedMax = 500;

/**
 * Amendments that the server has not acknowledged, or whose result has not arrived. They are shown at once, stored
 * before they are sent, and retried under the same id (contract 2). Those of one conversation are sent one after the
 * other; one of a message that is waiting in the outbox waits behind it.
 */
export class AmendmentOutbox {
  /** In order. */
  private readonly pending = new Map<string, OutgoingAmendment>();
  /** The state without pending amendments of each message that has some. */
  private readonly bases = new Map<string, MessageEntry>();
  private lastOrder = 0;
  private readonly queue: TurnQueue<OutgoingAmendment>;

  constructor(private readonly ports: AmendmentOutboxPorts) {
    const { runtime, reportFailure } = ports;
    this.queue = new TurnQueue({
      ...{ runtime, reportFailure },
      conversationIds: () => Array.from(this.pending.values(), ({ stored }) => stored.conversationId),
      next: (conversationId) => this.next(conversationId),
      send: (amendment) => this.send(amendment),
    });
  }

  /** Loads amendments that an earlier run or another client with the same store left. */
  async load(): Promise<void> {
    const userId = this.ports.identity.account?.id;
    for (const stored of await this.ports.store.amendments()) {
      this.lastOrder = Math.max(this.lastOrder, stored.order);
      if (stored.userId !== userId) continue;
      const seq = stored.seq ?? (await this.seqOf(stored));
      if (this.pending.has(stored.amendmentId) || userId !== this.ports.identity.account?.id) continue;
      const waiting = seq === null ? this.ports.messageOf(stored.clientMessageId) : undefined;
      if (seq === null && !waiting) this.delete(stored);
      else this.pending.set(stored.amendmentId, new OutgoingAmendment({ ...stored, seq }));
      if (waiting && stored.change.kind === 'delete') this.ports.hide(waiting);
    }
    if (this.queue.connected) this.resume();
  }

  /** Adds an amendment of a message that has arrived or that is waiting. */
  add(message: MessageEntry | OutgoingMessage, change: StoredAmendment['change']): OutgoingAmendment {
    const { conversationId, clientMessageId } = message;
    const entry = 'seq' in message ? message : null;
    this.lastOrder = Math.max(this.ports.runtime.nowMs(), this.lastOrder + 1);
    const amendment = new OutgoingAmendment({
      amendmentId: this.ports.runtime.uuid(),
      userId: this.ports.identity.account?.id ?? '',
      ...{ conversationId, clientMessageId, change, order: this.lastOrder },
      seq: entry?.seq ?? ('receipt' in message ? (message.receipt?.seq ?? null) : null),
    });
    const base = entry && (this.bases.get(keyOf(entry)) ?? entry);
    this.pending.set(amendment.stored.amendmentId, amendment);
    if (base) this.show(base);
    else if ('sent' in message && change.kind === 'delete') this.ports.hide(message);
    this.keep(amendment).then(() => this.queue.send(conversationId), this.ports.reportFailure);
    return amendment;
  }

  /** The message as it is to be shown: with the amendments that are pending. */
  shown<Given extends Entry>(entry: Given): Given {
    // Of the same type, because a message stays one.
    return entry.kind === 'message' && this.pending.size > 0 ? (this.withPending(entry) as Given) : entry;
  }

  private withPending(entry: MessageEntry): MessageEntry {
    const own = [...this.pending.values()].filter((each) => each.isOf(entry));
    const isArrived = ({ acknowledgedAt }: OutgoingAmendment) =>
      acknowledgedAt !== null && acknowledgedAt <= revisionOf(entry);
    for (const amendment of own.filter(isArrived)) this.pending.delete(amendment.stored.amendmentId);
    const waiting = own.filter((each) => !isArrived(each));
    // Also if none changes the message, for example because it was deleted since: the server may still refuse them.
    if (waiting.length > 0) this.bases.set(keyOf(entry), entry);
    else this.bases.delete(keyOf(entry));
    return waiting.reduce((shown, { stored }) => this.amendedBy(shown, stored), entry);
  }

  /** The status of an outgoing message changed. Amendments of a message that was sent can be sent now. */
  messageChanged({ clientMessageId, conversationId, receipt }: OutgoingMessage): void {
    const waiting = [...this.pending.values()].filter(
      ({ stored }) => stored.clientMessageId === clientMessageId && stored.seq === null,
    );
    for (const amendment of waiting) {
      if (receipt) {
        amendment.stored.seq = receipt.seq;
        this.keep(amendment).catch(this.ports.reportFailure);
      } else if (!this.ports.messageOf(clientMessageId)) {
        this.remove(amendment);
        amendment.fail(new Disconnected('the message was discarded'));
      }
    }
    if (waiting.length > 0) this.queue.send(conversationId);
  }

  resume(): void {
    this.queue.resume();
  }

  pause(): void {
    this.queue.pause();
  }

  /**
   * The entries of a conversation after `keptSeq` were lost, and so were amendments that the server had acknowledged.
   * Other entries may have the numbers of lost ones.
   */
  restored(conversationId: ConversationId, keptSeq: number): void {
    for (const amendment of this.pending.values()) {
      const { stored, acknowledgedAt } = amendment;
      const seq = stored.seq ?? 0;
      if (stored.conversationId !== conversationId || (seq <= keptSeq && acknowledgedAt === null)) continue;
      this.bases.delete(keyOf({ conversationId, seq }));
      this.refuse(amendment, new ParleyError('message_not_found', 'lost when the server was restored'));
    }
  }

  /** Stores all amendments again after the store lost its data. */
  keepAgain(): void {
    for (const amendment of this.pending.values()) {
      if (amendment.acknowledgedAt === null) this.keep(amendment).catch(this.ports.reportFailure);
    }
  }

  /** Removes everything from memory, but not from the store. */
  clear(): void {
    for (const amendment of this.pending.values()) amendment.fail(new Disconnected('the session ended'));
    this.pending.clear();
    this.bases.clear();
  }

  private next(conversationId: ConversationId): OutgoingAmendment | undefined {
    return [...this.pending.values()]
      .filter((each) => each.stored.conversationId === conversationId && each.acknowledgedAt === null)
      .sort((a, b) => a.stored.order - b.stored.order)
      .find(({ stored }) => stored.seq !== null);
  }

  private send(amendment: OutgoingAmendment): Promise<number> {
    const { stored } = amendment;
    return this.ports.transmit({ ...stored, seq: stored.seq ?? 0 }).then(
      (receipt) => this.succeeded(amendment, receipt),
      (error: unknown) => this.failed(amendment, error),
    );
  }

  private succeeded(amendment: OutgoingAmendment, receipt: AmendmentReceipt): number {
    const { seq, revision } = receipt;
    // The overlay stays until the state with this revision arrives.
    amendment.acknowledgedAt = revision;
    this.ports.acknowledged({ ...amendment.stored, seq }, revision);
    this.delete(amendment.stored);
    const base = this.bases.get(keyOf(receipt));
    // The message already was as requested.
    if (base && revision <= revisionOf(base)) this.show(base);
    amendment.succeed(receipt);
    return 0;
  }

  /** Returns the delay before the next attempt. */
  private failed(amendment: OutgoingAmendment, error: unknown): number {
    if (!this.pending.has(amendment.stored.amendmentId)) return 0;
    const after = this.queue.delayAfter(amendment, error);
    if (typeof after === 'number') return after;
    this.refuse(amendment, after);
    return 0;
  }

  private refuse(amendment: OutgoingAmendment, error: ParleyError): void {
    this.remove(amendment);
    const { conversationId, seq } = amendment.stored;
    const base = this.bases.get(keyOf({ conversationId, seq: seq ?? 0 }));
    this.ports.show(conversationId, base ? [this.shown(base)] : [], error);
    amendment.fail(error);
  }

  private show(base: MessageEntry): void {
    this.ports.show(base.conversationId, [this.shown(base)], null);
  }

  private amendedBy(message: MessageEntry, { change, userId }: StoredAmendment): MessageEntry {
    const { revision = 0, reactions = [] } = message;
    const hasReacted = change.kind === 'react' && reactions.some((each) => each.emoji === change.emoji && each.mine);
    if (message.deleted || isUnchanged(message, change, hasReacted)) return message;
    const atMs = this.ports.runtime.nowMs();
    return amended(message, { revision, byId: userId, atMs, change }, userId);
  }

  /** An earlier run may have learned that the message was sent, and have stopped before it stored its number. */
  private async seqOf({ conversationId, clientMessageId }: StoredAmendment): Promise<number | null> {
    if (this.ports.messageOf(clientMessageId)) return null;
    const entries = await this.ports.store.entries(conversationId, { limit: searchedMax });
    const found = entries.find((entry) => entry.kind === 'message' && entry.clientMessageId === clientMessageId);
    return found?.seq ?? null;
  }

  private keep({ stored }: OutgoingAmendment): Promise<void> {
    return this.ports.store.putAmendment({ ...stored });
  }

  private remove({ stored }: OutgoingAmendment): void {
    this.pending.delete(stored.amendmentId);
    this.delete(stored);
  }

  private delete({ amendmentId }: StoredAmendment): void {
    this.ports.store.deleteAmendment(amendmentId).catch(this.ports.reportFailure);
  }
}

function keyOf({ conversationId, seq }: { conversationId: ConversationId; seq: number }): string {
  return `${conversationId} ${seq}`;
}
