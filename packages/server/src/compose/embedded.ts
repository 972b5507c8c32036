import { join } from 'node:path';
import { MemoryCommandLog } from '../adapters/memory/command-log.ts';
import { MemoryMailboxes } from '../adapters/memory/mailboxes.ts';
import { MemoryRateLimits } from '../adapters/memory/rate-limits.ts';
import { MemoryConnectionRegistry } from '../adapters/memory/registry.ts';
import { backup, type Restored, restore } from '../adapters/sqlite/backup.ts';
import { databaseFile, openFiles } from '../adapters/sqlite/database.ts';
import { searchEntries } from '../adapters/sqlite/entry-search.ts';
import { storedLevel } from '../adapters/sqlite/feature-level.ts';
import { FileWatch } from '../adapters/sqlite/file-watch.ts';
import { FolderHold } from '../adapters/sqlite/folder-hold.ts';
import { openSqliteStores } from '../adapters/sqlite/stores.ts';
import { type Verification, verify } from '../adapters/sqlite/verify.ts';
import type { WriteConditionEvents } from '../adapters/sqlite/write-condition.ts';
import { probeWrite } from '../adapters/sqlite/write-probe.ts';
import { fedByTheStore } from '../feed/feed-port.ts';
import type { MessageName } from '../history/message-name.ts';
import { type MessageTrace, readersMax, readersOf } from '../history/message-trace.ts';
import type { Clock } from '../platform/clock.ts';
import { isServed } from '../platform/control-socket.ts';
import { Unavailable, Unusable, usable } from '../platform/failures.ts';
import { failureReporter, logOf } from '../platform/log.ts';
import { SharedCheck } from '../platform/shared-check.ts';
import { passOn } from '../platform/tracing.ts';
import type { Adapters, Lost } from './adapters.ts';

export { databaseFile };

/**
 * The adapters of an embedded server: SQLite in `dataFolder` (":memory:" for none), and memory for everything else. The
 * process holds the folder until the adapters are closed.
 *
 * @throws {Unusable} when the folder or its database can't be used, or another process holds the folder.
 */
export function embeddedAdapters(dataFolder: string, clock: Clock, feedRecordsMax?: number): Adapters {
  if (dataFolder === ':memory:') return adaptersOver(dataFolder, clock, feedRecordsMax);
  const hold = FolderHold.take(dataFolder);
  try {
    const adapters = adaptersOver(join(dataFolder, databaseFile), clock, feedRecordsMax);
    const close = () => adapters.close().finally(() => hold.release());
    return { ...adapters, close };
  } catch (error) {
    hold.release();
    throw error;
  }
}

function adaptersOver(file: string, clock: Clock, feedRecordsMax: number | undefined): Adapters {
  const report = failureReporter('storage');
  const stores = openSqliteStores(file, {
    ...{ clock, events: logWriteConditions(), reportFailure: report },
    ...(feedRecordsMax !== undefined && { feedRecordsMax }),
  });
  const { writes, users, conversations, history, serverSettings, feed, followerStates, totals } = stores;
  const probe = new SharedCheck(() => probeWrite(writes), clock);
  const lost = Promise.withResolvers<Lost>();
  const watch = new FileWatch(file === ':memory:' ? [] : openFiles(file), clock, {
    gone(path) {
      const reason = `${path} was deleted or replaced while it was served: the last writes are lost`;
      writes.abandon(new Unavailable(reason));
      const advice = 'Put the data folder back, or restore a backup, and start again';
      lost.resolve({ reason: new Unusable(`${reason}. ${advice}`), keepsOpen: true });
    },
    reportFailure: report,
  });
  return {
    ...{ users, conversations, history, serverSettings, feed, followerStates, totals },
    feedWriter: fedByTheStore,
    findCatchingUp: async () => new Set(),
    featureLevel: async () => storedLevel(writes.database),
    commandLog: new MemoryCommandLog(clock, report),
    mailboxes: new MemoryMailboxes(),
    // A process that was paused, or too busy for its timers, has missed nothing: there is no other one.
    registry: new MemoryConnectionRegistry(clock, { leasesExpire: false }),
    rateLimits: new MemoryRateLimits(),
    hops: passOn,
    checks: { database: () => probe.outcome() },
    lost: lost.promise,
    async close() {
      watch.stop();
      await stores.close();
    },
  };
}

/** Logs each change once, however many writes it affects. */
function logWriteConditions(): WriteConditionEvents {
  const log = logOf('storage');
  return {
    lost: (reason, error) =>
      log.error('Nothing can be written: {reason}. Writes are refused until it can. {error}', { reason, error }),
    regained: (afterMs) =>
      log.info('The database can be written again after {seconds} s', { seconds: Math.round(afterMs / 1_000) }),
  };
}

/** Reads the whole database of a data folder and checks it against the contract. Safe while a server uses it. */
export function verifyDatabase(dataFolder: string): Verification {
  return verify(join(dataFolder, databaseFile));
}

/**
 * Finds the messages of this name in a data folder, as far as one process knows their hops. Safe while a server uses
 * it.
 */
export function traceInFolder(dataFolder: string, name: MessageName): MessageTrace[] {
  return searchEntries(join(dataFolder, databaseFile), name, readersMax).map((found) => {
    const { entry, members, memberCount, positions } = found;
    const { conversationId, senderId } = entry;
    const commandId = entry.kind === 'message' ? entry.clientMessageId : null;
    return {
      ...{ traceId: null, log: null, setAside: null, refusal: null, copies: [] },
      command: commandId === null ? null : { conversationId, senderId, commandId },
      decided: { entry, location: null },
      readers: readersOf(entry, members, positions),
      furtherReaders: memberCount - members.length,
    };
  });
}

/** Makes a consistent copy of the database of a data folder. Returns the copy's size in bytes. */
export function backupDatabase(dataFolder: string, copy: string): number {
  return usable(`${copy} cannot be written`, () => backup(join(dataFolder, databaseFile), copy));
}

/**
 * Replaces the database of a data folder with a backup, and keeps the old database under another name. A new epoch
 * tells clients that the history has changed.
 *
 * @throws {Unusable} when a server uses the folder, or the file is not a backup.
 */
export async function restoreDatabase(dataFolder: string, source: string, clock: Clock): Promise<Restored> {
  if (await isServed(dataFolder)) throw new Unusable(`--data: ${dataFolder} is being served: stop that server first`);
  const hold = FolderHold.take(dataFolder);
  const file = join(dataFolder, databaseFile);
  const time = new Date(clock.nowMs()).toISOString().replaceAll(/[:.]/g, '-');
  try {
    return usable(`--data: ${dataFolder}`, () => restore(source, file, `${file}.replaced-${time}`));
  } finally {
    hold.release();
  }
}
