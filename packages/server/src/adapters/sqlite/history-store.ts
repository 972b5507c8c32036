import type { Database, Statement } from 'bun:sqlite';
import type { ConversationId, Entry, MessageEntry, UserId } from '@parley/protocol';
import { aheadMaxMs, type ConversationHead, isBroadcast } from '../../conversations/conversation.ts';
import {
  type Changes,
  type ChangesQuery,
  type Decision,
  type EntryRange,
  type Facts,
  type FactsNeeded,
  type HistoryRange,
  type HistoryStore,
  type MessageReaction,
  participantKey,
  repeatKey,
} from '../../history/history-port.ts';
import { withinSize } from '../../history/page.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import { bansTable, channelTermsTable, type ParticipantRow, participantsTable } from '../rows/conversation-tables.ts';
import { entryOf, storedMessageOf } from '../rows/entry-rows.ts';
import { AmendedMessages } from './amended-messages.ts';
import { storedLevel } from './feature-level.ts';
import type { SqliteFeed } from './feed.ts';
import type { GroupCommit } from './group-commit.ts';
import { type Head, Heads, hourOf } from './heads.ts';
import { MembershipIndex } from './membership-index.ts';
import { entriesOfNumber, NumberedEntries, type NumberedEntryRow, withinBytes } from './numbered-entries.ts';
import { insertInto, put } from './statements.ts';
import { UserNumbers } from './user-numbers.ts';

/**
 * The history in SQLite. There is one writer with one transaction at a time, so batches cannot interleave.
 *
 * The index by user is written in the same transaction: both are in one database, and no log is replayed that would
 * repair it after a crash between the two. For the same reason no log position is stored.
 */
export class SqliteHistoryStore implements HistoryStore {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly index: MembershipIndex;
  private readonly heads: Heads;
  private readonly entries: NumberedEntries;
  private readonly amended: AmendedMessages;

  constructor(
    private readonly writes: GroupCommit,
    private readonly feed: SqliteFeed,
  ) {
    this.statements = prepare(writes.database);
    this.index = new MembershipIndex(writes.database);
    this.heads = new Heads(writes.database);
    this.entries = new NumberedEntries(writes.database, new UserNumbers(writes));
    this.amended = new AmendedMessages(writes.database, this.entries);
  }

  apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result> {
    return this.writes.run(() => {
      const heads = this.heads.load(needed.conversationIds);
      const { changes, result } = decide(this.facts(needed, heads));
      this.write(changes, heads);
      return result;
    });
  }

  range(query: HistoryRange): Promise<Entry[]> {
    return this.writes.read(() => {
      const { conversationId, fromSeq, toSeq, limit } = query;
      const { ascending, descending } = this.statements;
      const statement = query.order === 'oldest_first' ? ascending : descending;
      const conversation = this.heads.numberOf(conversationId);
      if (conversation === undefined) return [];
      const rows = statement.iterate(conversation, fromSeq, toSeq, limit);
      return withinBytes(rows, query.textBytes).map((row) => entryOf({ conversation_id: conversationId, ...row }));
    });
  }

  ranges(ranges: readonly EntryRange[], bytes: number): Promise<Entry[]> {
    return this.writes.read(() => withinSize(this.entriesOf(ranges), bytes));
  }

  private *entriesOf(ranges: readonly EntryRange[]): Iterable<Entry> {
    for (const { conversationId, fromSeq, toSeq } of ranges) {
      const conversation = this.heads.numberOf(conversationId);
      if (conversation === undefined) continue;
      for (const row of this.statements.ascending.iterate(conversation, fromSeq, toSeq, toSeq - fromSeq + 1)) {
        yield entryOf({ conversation_id: conversationId, ...row });
      }
    }
  }

  changes(query: ChangesQuery): Promise<MessageEntry[]> {
    return this.readIn(query.conversationId, (number) => this.amended.changes(number, query));
  }

  changedCount(conversationId: ConversationId, after: number, max: number): Promise<number> {
    return this.writes.read(() => this.amended.changedCount(this.heads.numberOf(conversationId) ?? 0, after, max));
  }

  messages(conversationId: ConversationId, seqs: readonly number[]): Promise<MessageEntry[]> {
    return this.readIn(conversationId, (number) => this.amended.messages({ number, conversationId }, seqs));
  }

  pins(conversationId: ConversationId): Promise<MessageEntry[]> {
    return this.readIn(conversationId, (number) => this.amended.pins({ number, conversationId }));
  }

  ownReactions(userId: UserId, reactions: readonly MessageReaction[]): Promise<MessageReaction[]> {
    return this.writes.read(() => reactions.filter((each) => this.amended.hasReacted({ userId, ...each })));
  }

  reactedUsers(reaction: MessageReaction, page: { after: UserId | null; limit: number }): Promise<UserId[]> {
    return this.writes.read(() => this.amended.reactedUsers(reaction, page));
  }

  private readIn<Item>(conversationId: ConversationId, read: (number: number) => Item[]): Promise<Item[]> {
    return this.writes.read(() => {
      const number = this.heads.numberOf(conversationId);
      return number === undefined ? [] : read(number);
    });
  }

  messageCountAt(conversationId: ConversationId, seq: number): Promise<number> {
    return this.writes.read(() => {
      if (seq === 0) return 0;
      const conversation = this.heads.numberOf(conversationId) ?? 0;
      const row = this.statements.messageCountAt.get(conversation, seq);
      if (!row) throw new Error(`conversation ${conversationId} has no entry ${seq}`);
      return row.message_count;
    });
  }

  settleActivity(_partition: number, times: { nowMs: number; asOfMs: number }): Promise<number> {
    return this.writes.run(() => {
      this.statements.forgetActivity.run();
      const hour = hourOf(times.nowMs + aheadMaxMs);
      return this.statements.settleActivity.run({ ...times, aheadMaxMs, hour }).changes;
    });
  }

  private facts(needed: FactsNeeded, heads: ReadonlyMap<ConversationId, Head>): Facts {
    const facts: Facts = {
      ...{ heads: new Map(), participants: new Map(), banned: new Set(), repeats: new Map(), decided: new Map() },
      ...{ epochs: new Map(), level: storedLevel(this.writes.database) },
    };
    for (const [conversationId, { head }] of heads) facts.heads.set(conversationId, head);
    for (const { conversationId, userId } of needed.participants) {
      const row = this.statements.participant.get(conversationId, userId);
      if (row) facts.participants.set(participantKey(conversationId, userId), participantsTable.fromRow(row));
    }
    for (const { conversationId, userId } of needed.banned) {
      if (this.statements.ban.get(conversationId, userId)) facts.banned.add(participantKey(conversationId, userId));
    }
    for (const { conversationId, actorId, commandId } of needed.repeats) {
      const conversation = heads.get(conversationId)?.number;
      if (conversation === undefined) continue;
      const row = this.entries.ofCommand({ conversation, senderId: actorId, commandId });
      if (!row) continue;
      const key = repeatKey(conversationId, actorId, commandId);
      facts.repeats.set(key, storedMessageOf({ conversation_id: conversationId, ...row }));
    }
    if (needed.amendments) facts.amendments = this.amended.facts(needed.amendments, heads);
    return facts;
  }

  private write(changes: Changes, before: ReadonlyMap<ConversationId, Head>): void {
    const { entries, heads, participants, banChanges, amendments } = changes;
    const numbers = new Map<ConversationId, number>();
    for (const head of heads) numbers.set(head.id, this.heads.put(head, before.get(head.id)));
    const numberOf = ({ conversationId: id, seq }: Pick<Entry, 'conversationId' | 'seq'>): number => {
      const number = numbers.get(id) ?? before.get(id)?.number ?? this.heads.numberOf(id);
      if (number === undefined) throw new Error(`entry ${seq} of conversation ${id} has no head`);
      return number;
    };
    for (const { commandId, ...message } of entries) {
      this.entries.insert(numberOf(message.entry), message, commandId);
    }
    if (amendments) this.amended.write(amendments, numberOf);
    const broadcast = new Set(heads.filter(isBroadcast).map((head) => head.id));
    for (const participant of participants) {
      this.statements.putParticipant.run(...participantsTable.parameters(participant));
      this.index.put({ participant, broadcast: broadcast.has(participant.conversationId) });
    }
    for (const { conversationId, userId, ban } of banChanges) {
      if (ban) this.statements.putBan.run(...bansTable.parameters(ban));
      else this.statements.deleteBan.run(conversationId, userId);
    }
    for (const head of heads) {
      const former = before.get(head.id)?.head;
      if (head.kind === 'channel') this.writeTerms(head, former);
      if (head.broadcastSeq > (former?.broadcastSeq ?? 0)) this.index.markBroadcast(head.id);
    }
    this.feed.append(changes, numberOf);
  }

  /** Writes the search terms of the channel when they change. */
  private writeTerms(head: ConversationHead, before: ConversationHead | undefined): void {
    if (before && before.name === head.name && before.closed === head.closed) return;
    this.statements.deleteTerms.run(head.id);
    if (head.closed || head.name === null) return;
    for (const term of searchTerms(head.name)) this.statements.insertTerm.run(head.id, term);
  }
}

function prepare(database: Database) {
  const range = (order: 'ASC' | 'DESC'): Statement<NumberedEntryRow, [number, number, number, number]> =>
    database.query(
      `${entriesOfNumber} WHERE e.number BETWEEN (?1 << 32) + CAST(?2 AS INTEGER) AND (?1 << 32) + CAST(min(?3, 4294967295) AS INTEGER)
       ORDER BY e.number ${order} LIMIT ?4`,
    );
  return {
    participant: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM participants WHERE conversation_id = ? AND user_id = ?`,
    ),
    ban: database.query<{ seq: number }, [string, string]>(
      'SELECT seq FROM bans WHERE conversation_id = ? AND user_id = ?',
    ),
    ascending: range('ASC'),
    descending: range('DESC'),
    messageCountAt: database.query<{ message_count: number }, [number, number]>(
      'SELECT message_count FROM entries WHERE number = (?1 << 32) + ?2',
    ),
    putParticipant: database.query(put(participantsTable)),
    putBan: database.query(put(bansTable)),
    deleteBan: database.query('DELETE FROM bans WHERE conversation_id = ? AND user_id = ?'),
    forgetActivity: database.query(
      'DELETE FROM activity_times WHERE head_seq <> (SELECT head_seq FROM conversations c WHERE c.id = conversation_id)',
    ),
    settleActivity: database.query<null, [{ nowMs: number; asOfMs: number; aheadMaxMs: number; hour: number }]>(
      `INSERT OR IGNORE INTO activity_times (conversation_id, head_seq, at_ms)
       SELECT id, head_seq, $asOfMs - row_number() OVER (ORDER BY last_entry_at_ms DESC, id DESC)
       FROM conversations
       WHERE last_entry_hour >= $hour AND last_entry_at_ms > $nowMs + $aheadMaxMs
         AND id NOT IN (SELECT conversation_id FROM activity_times)`,
    ),
    deleteTerms: database.query('DELETE FROM channel_terms WHERE conversation_id = ?'),
    insertTerm: database.query(insertInto(channelTermsTable)),
  };
}
