import { type ConversationId, type Entry, limits, type MessageEntry, type ServerFrameOf } from '@parley/protocol';
import type { OwnReactions } from './amended-messages.ts';
import type { AmendmentOutbox } from './amendment-outbox.ts';
import type { Emitter } from './client-events.ts';
import type { ConversationRecord } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { ConversationUpdater } from './conversation-updater.ts';
import type { EntryIntake } from './entry-intake.ts';
import type { HttpApi } from './http.ts';
import { isOtherEpoch } from './restoration.ts';
import { revisionOf } from './store/entry-versions.ts';
import type { Store } from './store/store.ts';

/** What {@link AmendmentIntake} needs. */
export interface AmendmentIntakePorts {
  readonly records: Pick<ConversationRecords, 'get'>;
  readonly updater: Pick<ConversationUpdater, 'changed'>;
  readonly intake: Pick<EntryIntake, 'failed'>;
  readonly amendments: Pick<AmendmentOutbox, 'shown'>;
  readonly api: Pick<HttpApi, 'call'>;
  readonly store: Pick<Store, 'reviseEntries' | 'deleteConversation'>;
  readonly events: Emitter;
  reportFailure(error: unknown): void;
}

/** Applies amendments as they arrive, and fetches those that were missed. */
export class AmendmentIntake {
  constructor(private readonly ports: AmendmentIntakePorts) {}

  take(frame: ServerFrameOf<'amended'>): void {
    const { conversationId, after, revision, entries, ownReactions } = frame;
    const record = this.ports.records.get(conversationId);
    if (!record) return;
    if (record.rereading) {
      const again = () => this.take(frame);
      record.rereading.then(again, again);
      return;
    }
    if (ownReactions) record.amended.takeOwn(ownReactions);
    const own = (ownReactions ?? []).flatMap(({ seq }) => record.amended.known(seq) ?? []);
    this.apply(record, [...entries, ...own], false);
    this.learn(record, revision);
    if (after <= record.amended.revision && !record.revising) this.advance(record, revision);
    this.fetchMissed(record).catch((error: unknown) => this.ports.intake.failed(conversationId, error));
  }

  /** A reaction of this device was acknowledged with this revision, whose state may have arrived without its mark. */
  reacted(conversationId: ConversationId, reaction: OwnReactions[number], revision: number): void {
    const record = this.ports.records.get(conversationId);
    if (!record) return;
    record.amended.takeOwn([reaction]);
    const known = record.amended.known(reaction.seq);
    if (known && revisionOf(known) >= revision) this.apply(record, [known], false);
  }

  /** Fetches the amendments up to the revision that the server is known to have. At most one fetch at a time. */
  fetchMissed(record: ConversationRecord): Promise<void> {
    if (record.amended.revision >= (record.data.revision ?? 0)) return Promise.resolve();
    record.revising ??= this.fetchAll(record).finally(() => {
      record.revising = null;
    });
    return record.revising;
  }

  private async fetchAll(record: ConversationRecord): Promise<void> {
    const { id: conversationId, amended } = record;
    while (amended.revision < (record.data.revision ?? 0)) {
      const { revision: after } = amended;
      const page = await this.ports.api.call('getChanges', { conversationId, after, limit: limits.changesPageMax });
      // The user left or was removed meanwhile, or the conversation is being read again.
      if (this.ports.records.get(conversationId) !== record || record.amended !== amended) return;
      if (record.rereading || isOtherEpoch(record.data.epoch, page.epoch) || page.revision <= after) return;
      if (page.reread) await this.discard(record);
      else this.apply(record, page.entries, true);
      this.learn(record, page.revision);
      this.advance(record, page.revision);
    }
  }

  /** Too many messages were amended: what is stored is discarded. */
  private async discard(record: ConversationRecord): Promise<void> {
    await this.ports.store.deleteConversation(record.id);
    record.amended.clear();
    const { conversation } = record;
    this.ports.events.emit('amended', { conversation, messages: [], reread: true, failure: null });
  }

  private apply(record: ConversationRecord, entries: readonly MessageEntry[], isForUser: boolean): void {
    if (entries.length === 0) return;
    const { amended, conversation } = record;
    const states = new Map(entries.map((entry) => [entry.seq, amended.take(entry, isForUser)]));
    const { lastMessage } = record.data;
    const last = lastMessage && states.get(lastMessage.seq);
    if (last) record.data = { ...record.data, lastMessage: last };
    const revise = (before: Entry) => {
      const state = states.get(before.seq);
      return state ? amended.stored(before, state) : before;
    };
    record.kept = this.ports.store.reviseEntries(record.id, [...states.keys()], revise);
    record.kept.catch(this.ports.reportFailure);
    const messages = [...states.values()].map((state) => this.ports.amendments.shown(state));
    this.ports.events.emit('amended', { conversation, messages, reread: false, failure: null });
  }

  /** The server has this revision. */
  private learn(record: ConversationRecord, revision: number): void {
    if (revision > (record.data.revision ?? 0)) record.data = { ...record.data, revision };
  }

  /** All amendments up to this revision have been applied. It is stored after the entries. */
  private advance(record: ConversationRecord, revision: number): void {
    if (revision <= record.amended.revision) return;
    record.amended.revision = revision;
    record.kept
      .then(() => {
        record.storedRevision = Math.max(record.storedRevision, revision);
        if (this.ports.records.get(record.id) === record) this.ports.updater.changed(record);
      })
      .catch(this.ports.reportFailure);
  }
}
