import type { Database } from 'bun:sqlite';
import type { ConversationId, Entry, MessageEntry, UserId } from '@parley/protocol';
import type { UserReaction } from '../../conversations/amendment.ts';
import {
  type AmendmentChanges,
  type AmendmentFacts,
  type AmendmentFactsNeeded,
  type ChangesQuery,
  type MessageReaction,
  messageKey,
  reactionKey,
  repeatKey,
} from '../../history/history-port.ts';
import {
  type AmendmentRow,
  amendmentsTable,
  pinsTable,
  reactionsTable,
  storedRecords,
} from '../rows/amendment-tables.ts';
import { messageOf, storedMessageOf } from '../rows/entry-rows.ts';
import type { Head } from './heads.ts';
import { entriesOfNumber, type NumberedEntries, type NumberedEntryRow, withinBytes } from './numbered-entries.ts';
import { insertInto } from './statements.ts';

/** A conversation, and the number that stands for it in the database. */
interface NumberedConversation {
  number: number;
  conversationId: ConversationId;
}

/** What amendments write and read in SQLite. Call its methods within a transaction. */
export class AmendedMessages {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(
    database: Database,
    private readonly entries: NumberedEntries,
  ) {
    this.statements = prepare(database);
  }

  facts(needed: AmendmentFactsNeeded, heads: ReadonlyMap<ConversationId, Head>): AmendmentFacts {
    const { pinCount, record } = this.statements;
    const facts: AmendmentFacts = {
      ...{ messages: new Map(), reactions: new Set(), pinCounts: new Map(), records: new Map() },
    };
    for (const { conversationId, seq } of needed.messages) {
      const number = heads.get(conversationId)?.number;
      const row = number === undefined ? undefined : this.entries.at(number, seq);
      if (!row) continue;
      facts.messages.set(messageKey(conversationId, seq), storedMessageOf({ conversation_id: conversationId, ...row }));
    }
    for (const reaction of needed.reactions) {
      if (this.hasReacted(reaction)) facts.reactions.add(reactionKey(reaction));
    }
    for (const conversationId of needed.pinCounts) {
      facts.pinCounts.set(conversationId, pinCount.get(conversationId)?.count ?? 0);
    }
    for (const { conversationId, actorId, commandId } of needed.records) {
      const row = record.get(conversationId, actorId, commandId);
      if (row) facts.records.set(repeatKey(conversationId, actorId, commandId), amendmentsTable.fromRow(row));
    }
    return facts;
  }

  write({ messages, records, reactions, pins }: AmendmentChanges, numberOf: (entry: Entry) => number): void {
    const { deleteReactions, insertReaction, deleteReaction, insertRecord, insertPin, deletePin } = this.statements;
    for (const message of messages) {
      const { entry } = message;
      this.entries.amend(numberOf(entry), message);
      if (entry.deleted) deleteReactions.run(entry.conversationId, entry.seq);
    }
    for (const reaction of reactions) {
      const statement = reaction.set ? insertReaction : deleteReaction;
      statement.run(...reactionsTable.parameters(reaction));
    }
    for (const pin of pins) (pin.set ? insertPin : deletePin).run(...pinsTable.parameters(pin));
    for (const record of storedRecords(records)) insertRecord.run(...amendmentsTable.parameters(record));
  }

  changes(number: number, { conversationId, after, fromSeq, limit, textBytes }: ChangesQuery): MessageEntry[] {
    const rows = this.statements.changes.iterate(number, after, fromSeq, limit);
    return withinBytes(rows, textBytes).map((row) => messageOf({ conversation_id: conversationId, ...row }));
  }

  changedCount(number: number, after: number, max: number): number {
    return this.statements.changedCount.get(number, after, max)?.count ?? 0;
  }

  messages({ number, conversationId }: NumberedConversation, seqs: readonly number[]): MessageEntry[] {
    return [...new Set(seqs)]
      .sort((a, b) => a - b)
      .flatMap((seq) => {
        const row = this.entries.at(number, seq);
        return row?.kind === 'message' ? [messageOf({ conversation_id: conversationId, ...row })] : [];
      });
  }

  pins(conversation: NumberedConversation): MessageEntry[] {
    const seqs = this.statements.pins.all(conversation.conversationId).map(({ seq }) => seq);
    return this.messages(conversation, seqs).reverse();
  }

  hasReacted(reaction: UserReaction): boolean {
    return this.statements.reaction.get(...reactionsTable.parameters(reaction)) !== null;
  }

  reactedUsers(
    { conversationId, seq, emoji }: MessageReaction,
    { after, limit }: { after: UserId | null; limit: number },
  ): UserId[] {
    return this.statements.reactedUsers.all(conversationId, seq, emoji, after ?? '', limit).map((row) => row.user_id);
  }
}

type Values = (string | number | null)[];

function prepare(database: Database) {
  const isReaction = 'conversation_id = ? AND seq = ? AND emoji = ? AND user_id = ?';
  return {
    pinCount: database.query<{ count: number }, [string]>(
      'SELECT count(*) AS count FROM pins WHERE conversation_id = ?',
    ),
    record: database.query<AmendmentRow, [string, string, string]>(
      `SELECT ${amendmentsTable.list()} FROM amendments WHERE conversation_id = ? AND sender_id = ? AND command_id = ?`,
    ),
    reaction: database.query<unknown, Values>(`SELECT 1 FROM reactions WHERE ${isReaction}`),
    insertReaction: database.query<null, Values>(insertInto(reactionsTable)),
    deleteReaction: database.query<null, Values>(`DELETE FROM reactions WHERE ${isReaction}`),
    deleteReactions: database.query<null, [string, number]>(
      'DELETE FROM reactions WHERE conversation_id = ? AND seq = ?',
    ),
    insertRecord: database.query<null, Values>(insertInto(amendmentsTable)),
    insertPin: database.query<null, Values>(insertInto(pinsTable)),
    deletePin: database.query<null, Values>('DELETE FROM pins WHERE conversation_id = ? AND seq = ?'),
    pins: database.query<{ seq: number }, [string]>('SELECT seq FROM pins WHERE conversation_id = ? ORDER BY seq'),
    changes: database.query<NumberedEntryRow, [number, number, number, number]>(
      `${entriesOfNumber} WHERE e.conversation = ?1 AND e.revision > ?2 AND e.seq >= ?3 ORDER BY e.revision LIMIT ?4`,
    ),
    changedCount: database.query<{ count: number }, [number, number, number]>(
      `SELECT count(*) AS count FROM (
         SELECT 1 FROM entries WHERE conversation = ?1 AND revision > ?2 LIMIT ?3
       )`,
    ),
    reactedUsers: database.query<{ user_id: string }, [string, number, string, string, number]>(
      `SELECT user_id FROM reactions WHERE conversation_id = ? AND seq = ? AND emoji = ? AND user_id > ?
       ORDER BY user_id LIMIT ?`,
    ),
  };
}
