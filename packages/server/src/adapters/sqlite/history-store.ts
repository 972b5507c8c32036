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
import {
  channelTermsTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, entriesTable, entryOf, storedEntry } from '../rows/entry-rows.ts';
import { storedLevel } from './feature-level.ts';
import type { SqliteFeed } from './feed.ts';
import type { GroupCommit } from './group-commit.ts';
import { MembershipIndex } from './membership-index.ts';
import { insertInto, put } from './statements.ts';

/**
 * The history in SQLite. There is one writer with one transaction at a time, so batches cannot interleave.
 *
 * The index by user is written in the same transaction: both are in one database, and no log is replayed that would
 * repair it after a crash between the two. For the same reason no log position is stored.
 */
export class SqliteHistoryStore implements HistoryStore {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly index: MembershipIndex;

  constructor(
    private readonly writes: GroupCommit,
    private readonly feed: SqliteFeed,
  ) {
    this.statements = prepare(writes.database);
    this.index = new MembershipIndex(writes.database);
  }

  apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result> {
    return this.writes.run(() => {
      const { changes, result } = decide(this.facts(needed));
      this.write(changes);
      return result;
    });
  }

  range(query: HistoryRange): Promise<Entry[]> {
    return this.writes.read(() => {
      const { conversationId, fromSeq, toSeq, limit } = query;
      const { ascending, descending } = this.statements;
      const statement = query.order === 'oldest_first' ? ascending : descending;
      const entries: Entry[] = [];
      let bytes = 0;
      for (const row of statement.iterate(conversationId, fromSeq, toSeq, limit)) {
        bytes += Buffer.byteLength(row.text ?? '');
        if (bytes > query.textBytes && entries.length > 0) break;
        entries.push(entryOf(row));
      }
      return entries;
    });
  }

  messageCountAt(conversationId: ConversationId, seq: number): Promise<number> {
    return this.writes.read(() => {
      if (seq === 0) return 0;
      const row = this.statements.messageCountAt.get(conversationId, seq);
      if (!row) throw new Error(`conversation ${conversationId} has no entry ${seq}`);
      return row.message_count;
    });
  }

  settleActivity(_partition: number, times: { nowMs: number; asOfMs: number }): Promise<number> {
    return this.writes.run(() => {
      this.statements.forgetActivity.run();
      return this.statements.settleActivity.run({ ...times, aheadMaxMs }).changes;
    });
  }

  private facts(needed: FactsNeeded): Facts {
    const facts: Facts = {
      ...{ heads: new Map(), participants: new Map(), repeats: new Map(), decided: new Map() },
      ...{ epochs: new Map(), level: storedLevel(this.writes.database) },
    };
    for (const conversationId of needed.conversationIds) {
      const row = this.statements.head.get(conversationId);
      if (row) facts.heads.set(conversationId, conversationsTable.fromRow(row));
    }
    for (const { conversationId, userId } of needed.participants) {
      const row = this.statements.participant.get(conversationId, userId);
      if (row) facts.participants.set(participantKey(conversationId, userId), participantsTable.fromRow(row));
    }
    for (const { conversationId, actorId, commandId } of needed.repeats) {
      const row = this.statements.repeat.get(conversationId, actorId, commandId);
      if (row) facts.repeats.set(repeatKey(conversationId, actorId, commandId), entryOf(row));
    }
    return facts;
  }

  private write({ entries, heads, participants }: Changes): void {
    const { insertEntry, putParticipant } = this.statements;
    for (const { entry, commandId } of entries) {
      insertEntry.run(...entriesTable.parameters(storedEntry(entry, commandId)));
    }
    const broadcast = new Set(heads.filter(isBroadcast).map((head) => head.id));
    for (const participant of participants) {
      putParticipant.run(...participantsTable.parameters(participant));
      this.index.put({ participant, broadcast: broadcast.has(participant.conversationId) });
    }
    for (const head of heads) this.writeHead(head);
    this.feed.append(entries.map(({ entry }) => entry));
  }

  private writeHead(head: ConversationHead): void {
    const before = head.kind === 'direct' ? null : this.statements.head.get(head.id);
    if (head.kind === 'channel') this.writeTerms(head, before);
    if (head.broadcastSeq > (before?.broadcast_seq ?? 0)) this.index.markBroadcast(head.id);
    this.statements.putHead.run(...conversationsTable.parameters(head));
  }

  /** Writes the search terms of the channel when they change. */
  private writeTerms(head: ConversationHead, before: HeadRow | null): void {
    if (before && before.name === head.name && before.closed === Number(head.closed)) return;
    this.statements.deleteTerms.run(head.id);
    if (head.closed || head.name === null) return;
    for (const term of searchTerms(head.name)) this.statements.insertTerm.run(head.id, term);
  }
}

type Three = [string, string, string];

function prepare(database: Database) {
  const range = (order: 'ASC' | 'DESC'): Statement<EntryRow, [string, number, number, number]> =>
    database.query(
      `SELECT ${entriesTable.list()} FROM entries
       WHERE conversation_id = ? AND seq BETWEEN ? AND ? ORDER BY seq ${order} LIMIT ?`,
    );
  return {
    head: database.query<HeadRow, [string]>(`SELECT ${conversationsTable.list()} FROM conversations WHERE id = ?`),
    participant: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM participants WHERE conversation_id = ? AND user_id = ?`,
    ),
    repeat: database.query<EntryRow, Three>(
      `SELECT ${entriesTable.list()} FROM entries WHERE conversation_id = ? AND sender_id = ? AND command_id = ?`,
    ),
    ascending: range('ASC'),
    descending: range('DESC'),
    messageCountAt: database.query<{ message_count: number }, [string, number]>(
      'SELECT message_count FROM entries WHERE conversation_id = ? AND seq = ?',
    ),
    insertEntry: database.query(insertInto(entriesTable)),
    putHead: database.query(put(conversationsTable)),
    putParticipant: database.query(put(participantsTable)),
    forgetActivity: database.query(
      'DELETE FROM activity_times WHERE head_seq <> (SELECT head_seq FROM conversations c WHERE c.id = conversation_id)',
    ),
    settleActivity: database.query<null, [{ nowMs: number; asOfMs: number; aheadMaxMs: number }]>(
      `INSERT OR IGNORE INTO activity_times (conversation_id, head_seq, at_ms)
       SELECT id, head_seq, $asOfMs - row_number() OVER (ORDER BY last_entry_at_ms DESC, id DESC)
       FROM conversations WHERE last_entry_at_ms > $nowMs + $aheadMaxMs
         AND id NOT IN (SELECT conversation_id FROM activity_times)`,
    ),
    deleteTerms: database.query('DELETE FROM channel_terms WHERE conversation_id = ?'),
    insertTerm: database.query(insertInto(channelTermsTable)),
  };
}
