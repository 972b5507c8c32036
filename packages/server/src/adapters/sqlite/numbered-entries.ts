import type { Database } from 'bun:sqlite';
import type { Entry, MessageEntry } from '@parley/protocol';
import type { StoredMessage } from '../../conversations/amendment.ts';
import { type EntryRow, storedAmendment, storedEntry } from '../rows/entry-rows.ts';
import { CommandKeys, type NamedCommand } from './command-keys.ts';
import type { UserNumbers } from './user-numbers.ts';

/** The kinds of entries as they are stored. A number is never given to another kind. */
const kindNumbers: Record<Exclude<Entry['kind'], 'later'>, number> = {
  message: 0,
  created: 1,
  joined: 2,
  left: 3,
  added: 4,
  removed: 5,
  role: 6,
  updated: 7,
  banned: 8,
  unbanned: 9,
};

const names = Object.entries(kindNumbers).map(([kind, number]) => `WHEN ${number} THEN '${kind}'`);
const kind = `CASE e.kind ${names.join(' ')} ELSE 'kind ' || e.kind END`;
const digits = (from: number, count: number) => `substr(hex(e.command), ${from}, ${count})`;
const uuid = [digits(1, 8), digits(9, 4), digits(13, 4), digits(17, 4), digits(21, 12)].join(` || '-' || `);
const commandId = `iif(typeof(e.command) = 'blob', lower(${uuid}), e.command)`;

/** The columns of entries under the names of {@link EntryRow}, from the sources below. */
const columns = {
  seq: 'e.seq',
  message_count: 'e.message_count',
  at_ms: 'e.at_ms',
  sender_id: 'u.id',
  command_id: commandId,
  kind,
  text: 'e.text',
  notice: 'e.notice',
  revision: 'e.revision',
  reply_to: 'e.reply_to',
  amended: 'e.amended',
};
const named = (list: Partial<typeof columns>) => Object.entries(list).map(([name, value]) => `${value} AS ${name}`);
const { text, command_id, ...checked } = columns;

/** Entries of a conversation whose number is known; the conversation's id is not read. */
export const entriesOfNumber = `SELECT ${named(columns).join(', ')}
  FROM entries e JOIN user_numbers u ON u.number = e.sender`;
/** The same without the texts, for verifications. */
export const checkedEntriesOfNumber = `SELECT ${named({ ...checked, command_id }).join(', ')}, e.text IS NOT NULL AS has_text
  FROM entries e JOIN user_numbers u ON u.number = e.sender`;
/** The entries of all conversations. */
export const entriesOfId = `SELECT c.id AS conversation_id, ${named(columns).join(', ')}
  FROM entries e JOIN conversations c ON c.number = e.number >> 32 JOIN user_numbers u ON u.number = e.sender`;
/** Limits {@link entriesOfId} to one entry. */
export const isEntry = 'c.id = ? AND e.number = (c.number << 32) + ?';

export type NumberedEntryRow = Omit<EntryRow, 'conversation_id'>;

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Converts in SQL as {@link storedCommand} does. */
export function storedCommandSql(column: string): string {
  const pattern = [8, 4, 4, 4, 12].map((count) => '[0-9a-f]'.repeat(count)).join('-');
  return `iif(${column} GLOB '${pattern}', unhex(${column}, '-'), ${column})`;
}

/** A command id as it is stored: a UUID, as most are, as its 16 bytes. */
export function storedCommand(id: string): string | Uint8Array {
  return canonicalUuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

/** The number of a kind in SQL. A kind that this version does not know becomes null, which no column takes. */
export function storedKindSql(column: string): string {
  return `CASE ${column} ${Object.entries(kindNumbers)
    .map(([name, number]) => `WHEN '${name}' THEN ${number}`)
    .join(' ')} END`;
}

/** The first rows, up to `textBytes` bytes of text, but at least one. */
export function withinBytes(rows: Iterable<NumberedEntryRow>, textBytes: number): NumberedEntryRow[] {
  const taken: NumberedEntryRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(row.text ?? '');
    if (bytes > textBytes && taken.length > 0) break;
    taken.push(row);
  }
  return taken;
}

/** Writes entries, and finds them by command. Call its methods within a transaction. */
export class NumberedEntries {
  private readonly keys: CommandKeys;
  private readonly statements: ReturnType<typeof prepare>;

  constructor(
    database: Database,
    private readonly users: UserNumbers,
    keys = new CommandKeys(database),
  ) {
    this.keys = keys;
    this.statements = prepare(database);
  }

  /** @throws {Error} when there is an entry with this number, or of this command. */
  insert(conversation: number, message: StoredMessage, commandId: string): void {
    const { entry } = message;
    const stored = storedEntry(message, commandId);
    const { seq, messageCount, atMs, senderId, text, notice, revision, replyTo, amended } = stored;
    const kindNumber = entry.kind === 'later' ? undefined : kindNumbers[entry.kind];
    if (kindNumber === undefined) throw new Error(`an entry of kind ${entry.kind} cannot be stored`);
    const sender = this.users.numberOf(senderId);
    this.statements.insert.run(
      ...([conversation, seq, messageCount, atMs, sender, storedCommand(commandId), kindNumber] as const),
      ...([text, notice, revision, replyTo, amended] as const),
    );
    const command = { conversation, senderId, commandId };
    this.keys.add(command, seq, (other) => this.isOf(command, other));
  }

  /** Writes what amendments change. */
  amend(conversation: number, message: StoredMessage<MessageEntry>): void {
    const { text, revision, replyTo, amended } = storedAmendment(message);
    this.statements.amend.run(conversation, message.entry.seq, text, revision, replyTo, amended);
  }

  at(conversation: number, seq: number): NumberedEntryRow | undefined {
    return this.statements.entry.get(conversation, seq) ?? undefined;
  }

  /** The entry that a command made. */
  ofCommand(command: NamedCommand): NumberedEntryRow | undefined {
    const seq = this.keys.find(command, (each) => this.isOf(command, each));
    return seq === undefined ? undefined : this.at(command.conversation, seq);
  }

  private isOf({ conversation, senderId, commandId }: NamedCommand, seq: number): boolean {
    const row = this.statements.entry.get(conversation, seq);
    return row?.sender_id === senderId && row.command_id === commandId;
  }
}

function prepare(database: Database) {
  return {
    insert: database.query(
      `INSERT INTO entries (number, message_count, at_ms, sender, command, kind, text, notice, revision, reply_to, amended)
       VALUES ((?1 << 32) + ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
    ),
    amend: database.query<null, [number, number, ...(string | number | null)[]]>(
      'UPDATE entries SET text = ?3, revision = ?4, reply_to = ?5, amended = ?6 WHERE number = (?1 << 32) + ?2',
    ),
    entry: database.query<NumberedEntryRow, [number, number]>(`${entriesOfNumber} WHERE e.number = (?1 << 32) + ?2`),
  };
}
