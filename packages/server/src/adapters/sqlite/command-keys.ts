import type { Database } from 'bun:sqlite';

/** A key is a positive integer that SQLite stores in 6 bytes. */
const keyBits = 47;
/** The keys that a command may have. Each is taken only by a collision in the one before. */
const attemptsMax = 16;

/**
 * Finds entries by sender and command (contract 2) without a second copy of these ids: by a hash of both. It is keyed
 * by a random number of the database, so that nobody can choose command ids that collide. A command whose key belongs to
 * another one gets the next key, by another hash. Keys are never deleted, so a command is found by the first of its keys
 * that either belongs to it or is free.
 */
export class CommandKeys {
  private readonly seeds: readonly bigint[];
  private readonly statements: ReturnType<typeof prepare>;

  constructor(
    database: Database,
    private readonly hash: (text: string, seed: bigint) => bigint = Bun.hash.xxHash64,
  ) {
    const seed = BigInt(
      database.query<{ seed: number }, []>('SELECT seed FROM command_key_seed').get()?.seed ?? missing(),
    );
    this.seeds = Array.from({ length: attemptsMax }, (_, attempt) => seed + BigInt(attempt));
    this.statements = prepare(database);
  }

  /** The number of the entry that `isIt` recognises among the entries with the keys of the command. */
  find(command: NamedCommand, isIt: (seq: number) => boolean): number | undefined {
    for (const key of this.keysOf(command)) {
      const row = this.statements.find.get(command.conversation, key);
      if (!row) return undefined;
      if (isIt(row.seq)) return row.seq;
    }
    return undefined;
  }

  /**
   * Stores that the command is the entry `seq`.
   *
   * @throws {Error} when the command is an entry already, which `isIt` recognises.
   */
  add(command: NamedCommand, seq: number, isIt: (seq: number) => boolean): void {
    for (const key of this.keysOf(command)) {
      if (this.statements.add.run(command.conversation, key, seq).changes > 0) return;
      const other = this.statements.find.get(command.conversation, key);
      if (other && isIt(other.seq)) {
        throw new Error(`command ${command.commandId} of ${command.senderId} is entry ${other.seq} already`);
      }
    }
    throw new Error(`${attemptsMax} keys of command ${command.commandId} belong to other commands`);
  }

  private *keysOf({ senderId, commandId }: NamedCommand): Generator<number> {
    for (const seed of this.seeds) yield Number(BigInt.asUintN(keyBits, this.hash(`${senderId}/${commandId}`, seed)));
  }
}

export interface NamedCommand {
  /** The number of the conversation. */
  conversation: number;
  senderId: string;
  commandId: string;
}

function missing(): never {
  throw new Error('the database has no seed for the keys of commands');
}

function prepare(database: Database) {
  return {
    find: database.query<{ seq: number }, [number, number]>(
      'SELECT seq FROM command_keys WHERE conversation = ? AND key = ?',
    ),
    add: database.query<null, [number, number, number]>(
      'INSERT OR IGNORE INTO command_keys (conversation, key, seq) VALUES (?, ?, ?)',
    ),
  };
}
