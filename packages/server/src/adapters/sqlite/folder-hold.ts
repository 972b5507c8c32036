import { Database, SQLiteError } from 'bun:sqlite';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { FolderHeld, Unusable, usable } from '../../platform/failures.ts';
import { databaseFile, logFile } from './database.ts';
import { networkFileSystem } from './network-file-system.ts';

/** The file whose lock marks the folder as in use. It is empty and has no other use. */
const holdFile = 'parley.lock';

/** The longest wait for a program that is about to exit: an administration command, or a server that stops. */
const waitMs = 2_000;

/**
 * The exclusive right to a data folder, until the process exits or releases it. It is the lock of a separate SQLite
 * database: the system releases it when the process exits in any way, and keeps it while the process is stopped. A lock
 * on the real database would exclude this process's own further connections.
 */
export class FolderHold {
  /** Keeps the connection reachable: garbage collection would close it and release its lock. */
  private static readonly held = new Set<Database>();

  private constructor(private readonly lock: Database) {
    FolderHold.held.add(lock);
  }

  /**
   * Creates the folder if it is missing.
   *
   * @throws {FolderHeld} when another process has it.
   * @throws {Unusable} when it cannot be used, or when its locks cannot be relied on.
   */
  static take(folder: string): FolderHold {
    makeFolder(folder);
    const shared = networkFileSystem(realpathSync(folder), mounts());
    if (shared !== null) {
      throw new Unusable(
        `--data: ${folder} is on ${shared}, a file system that other machines share: the database needs a disk of this machine`,
      );
    }
    const file = join(folder, holdFile);
    for (const each of [file, join(folder, databaseFile), logFile(join(folder, databaseFile))]) {
      if (existsSync(each)) usable(`--data: ${each} cannot be written`, () => accessSync(each, readAndWrite));
    }
    return new FolderHold(usable(`--data: ${file} cannot be locked`, () => locked(folder, file)));
  }

  release(): void {
    FolderHold.held.delete(this.lock);
    this.lock.close();
  }
}

const readAndWrite = constants.R_OK | constants.W_OK;

function makeFolder(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new Unusable(`--data: ${folder} is not a folder`);
  usable(`--data: the folder ${folder} cannot be created`, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  usable(`--data: the folder ${folder} cannot be written`, () => accessSync(folder, readAndWrite | constants.X_OK));
}

function locked(folder: string, file: string): Database {
  const isNew = !existsSync(file);
  const lock = new Database(file, { create: true, strict: true });
  try {
    lock.run(`PRAGMA busy_timeout = ${waitMs}`);
    lock.run('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!(cause instanceof SQLiteError && cause.code === 'SQLITE_BUSY')) throw cause;
    throw new FolderHeld(folder, { cause });
  }
  if (isNew) keepForOwner(folder, file);
  return lock;
}

/**
 * Lets only the owner of the folder open the file. A file that root created is given to that owner: an administrator
 * may run a command as root, and the server runs as another user.
 */
export function keepForOwner(folder: string, file: string): void {
  chmodSync(file, 0o600);
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
}

/** The mounts of this machine, from Linux; empty where they cannot be read. */
function mounts(): string {
  const file = '/proc/self/mountinfo';
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
