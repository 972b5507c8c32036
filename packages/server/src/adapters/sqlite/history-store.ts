import type { Database, Statement } from 'bun:sqlite';
import type { ConversationId, Entry } from '@parley/protocol';
import { aheadMaxMs, type ConversationHead, isBroadcast } from '../../conversations/conversation.ts';
import {
  type Changes,
  type Decision,
  type Facts,
  type FactsNeeded,
  type HistoryRange,
  type HistoryStore,
  participantKey,
  repeatKey,
} from '../../history/history-port.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import { channelTermsTable, type ParticipantRow, participantsTable } from '../rows/conversation-tables.ts';
import { entryOf } from '../rows/entry-rows.ts';
import { storedLevel } from './feature-level.ts';
import type { SqliteFeed } from './feed.ts';
import type { GroupCommit } from './group-commit.ts';
import { type Head, Heads, hourOf } from './heads.ts';
import { MembershipIndex } from './membership-index.ts';
import { entriesOfNumber, NumberedEntries, type NumberedEntryRow } from './numbered-entries.ts';
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

  constructor(
    private readonly writes: GroupCommit,
    private readonly feed: SqliteFeed,
  ) {
    this.statements = prepare(writes.database);
    this.index = new MembershipIndex(writes.database);
    this.heads = new Heads(writes.database);
    this.entries = new NumberedEntries(writes.database, new UserNumbers(writes));
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
      const entries: Entry[] = [];
      const conversation = this.heads.numberOf(conversationId);
      if (conversation === undefined) return entries;
      let bytes = 0;
      for (const row of statement.iterate(conversation, fromSeq, toSeq, limit)) {
        bytes += Buffer.byteLength(row.text ?? '');
        if (bytes > query.textBytes && entries.length > 0) break;
        entries.push(entryOf({ conversation_id: conversationId, ...row }));
      }
      return entries;
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
      ...{ heads: new Map(), participants: new Map(), repeats: new Map(), decided: new Map() },
      ...{ epochs: new Map(), level: storedLevel(this.writes.database) },
    };
    for (const [conversationId, { head }] of heads) facts.heads.set(conversationId, head);
    for (const { conversationId, userId } of needed.participants) {
      const row = this.statements.participant.get(conversationId, userId);
      if (row) facts.participants.set(participantKey(conversationId, userId), participantsTable.fromRow(row));
    }
    for (const { conversationId, actorId, commandId } of needed.repeats) {
      const conversation = heads.get(conversationId)?.number;
      if (conversation === undefined) continue;
      const row = this.entries.ofCommand({ conversation, senderId: actorId, commandId });
      if (!row) continue;
      const entry = entryOf({ conversation_id: conversationId, ...row });
      facts.repeats.set(repeatKey(conversationId, actorId, commandId), entry);
    }
    return facts;
  }

  private write({ entries, heads, participants }: Changes, before: ReadonlyMap<ConversationId, Head>): void {
    const numbers = new Map<ConversationId, number>();
    for (const head of heads) numbers.set(head.id, this.heads.put(head, before.get(head.id)));
    for (const { entry, commandId } of entries) {
      const { conversationId: id } = entry;
      const number = numbers.get(id) ?? before.get(id)?.number ?? this.heads.numberOf(id);
      if (number === undefined) throw new Error(`entry ${entry.seq} of conversation ${id} has no head`);
      this.entries.insert(number, entry, commandId);
    }
    const broadcast = new Set(heads.filter(isBroadcast).map((head) => head.id));
    for (const participant of participants) {
      this.statements.putParticipant.run(...participantsTable.parameters(participant));
      this.index.put({ participant, broadcast: broadcast.has(participant.conversationId) });
    }
    for (const head of heads) {
      const former = before.get(head.id)?.head;
      if (head.kind === 'channel') this.writeTerms(head, former);
      if (head.broadcastSeq > (former?.broadcastSeq ?? 0)) this.index.markBroadcast(head.id);
    }
    this.feed.append(entries.map(({ entry }) => entry));
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
    ascending: range('ASC'),
    descending: range('DESC'),
    messageCountAt: database.query<{ message_count: number }, [number, number]>(
      'SELECT message_count FROM entries WHERE number = (?1 << 32) + ?2',
    ),
    putParticipant: database.query(put(participantsTable)),
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
