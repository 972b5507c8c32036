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

/** The file whose lock says that the folder is in use; empty, and nothing else is ever done with it. */
const holdFile = 'parley.lock';

/** Longest wait for a program that is about to end: a command of the administrator, a server that stops. */
const waitMs = 2_000;

/**
 * The exclusive right to a data folder, for as long as the process lives or until it is released. It is the lock of an
 * SQLite database of its own: the system takes it away from a process that ends in whatever way, and leaves it to one
 * that is stopped. Locking the real database in that way would shut this process's own further connections out.
 */
export class FolderHold {
  /** Never out of reach: a connection that is collected as garbage is closed, and its lock gone. */
  private static readonly held = new Set<Database>();

  private constructor(private readonly lock: Database) {
    FolderHold.held.add(lock);
  }

  /**
   * Makes the folder if it isn't there.
   *
   * @throws {FolderHeld} when another process has it.
   * @throws {Unusable} when it can't be used, or when its locks can't be relied on.
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
      if (existsSync(each)) usable(`--data: ${each} can not be written`, () => accessSync(each, readAndWrite));
    }
    return new FolderHold(usable(`--data: ${file} can not be locked`, () => locked(folder, file)));
  }

  release(): void {
    FolderHold.held.delete(this.lock);
    this.lock.close();
  }
}

const readAndWrite = constants.R_OK | constants.W_OK;

function makeFolder(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new Unusable(`--data: ${folder} is not a folder`);
  usable(`--data: the folder ${folder} can not be made`, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  usable(`--data: the folder ${folder} can not be written`, () => accessSync(folder, readAndWrite | constants.X_OK));
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
 * Lets nobody but the owner of the folder open the file. A file that root made is given to that owner: an administrator
 * may run a command as root, and the server runs as another user.
 */
export function keepForOwner(folder: string, file: string): void {
  chmodSync(file, 0o600);
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
}

/** The mounts of this machine as Linux tells them; none where they can't be read. */
function mounts(): string {
  const file = '/proc/self/mountinfo';
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
