import type { Command } from '../conversations/command.ts';
import type { LogReach } from '../history/history-port.ts';
import { Unavailable } from '../platform/failures.ts';
import { supportedLevel } from '../platform/features.ts';
import type { TraceParent } from '../platform/tracing.ts';

/** A record of the command log. */
export interface CommandRecord {
  command: Command;
  /** The server that waits for the outcome, and the id under which it does. */
  replyTo: { serverId: string; requestId: string };
  /** The hop that it comes from, if the command is traced. */
  trace?: TraceParent;
  /** Its position in the log, if the log outlives its processes. */
  at?: { partition: number; position: number };
}

/** The maximum number of commands in a batch. */
export const batchMax = 512;

/** The records that a consumer gets in one call. */
export interface CommandBatch {
  records: readonly CommandRecord[];
  /**
   * The range of the batch in each of its partitions, including malformed records. A batch without records says where a
   * newly assigned partition starts. Empty for a log that ends with its process.
   */
  reaches: readonly LogReach[];
}

/**
 * The history lacks the decisions of these partitions from these positions on, because it was restored to an earlier
 * moment. The records from there have to be consumed again.
 */
export class HistoryRestored extends Unavailable {
  override name = 'HistoryRestored';

  constructor(readonly decided: ReadonlyMap<number, number>) {
    const positions = Array.from(decided, ([partition, position]) => `partition ${partition} from ${position} on`);
    super(`the history lacks the decisions of ${positions.join(', ')}: it was restored to an earlier moment`);
  }
}

/**
 * The next record needs a program that supports this feature level. The partition stops there: a later program decides
 * that record and those after it in order.
 */
export class LevelNotSupported extends Unavailable {
  override name = 'LevelNotSupported';

  constructor(readonly level: number) {
    super(
      `the next record needs feature level ${level}, and this program supports ${supportedLevel()}: ` +
        'start a newer version, which continues from there',
    );
  }
}

/** A record that no version with a supported feature level writes. */
export interface MalformedRecord {
  reason: string;
  /** The receiver of the outcome, if it can be read. */
  replyTo: CommandRecord['replyTo'] | null;
}

/** The log of commands to be decided. The records of one conversation stay in the order in which they were appended. */
export interface CommandLog {
  /** The number of partitions, which consumers share. */
  readonly partitions: number;
  /** Counts of what this process has appended, for metrics. */
  readonly appends: AppendFigures;
  /**
   * Resolves when the log has the record; returns undefined when it has it at once. A consumer then gets it at least once, even if this process dies (embedded:
   * unless it dies; nothing is acknowledged before the outcome). Rejects with {@link Unavailable} when the log cannot
   * accept it; it may or may not have been appended.
   */
  append(record: CommandRecord): Promise<void> | undefined;
  /**
   * Calls `handle` with batches of up to {@link batchMax} records, in order, one call at a time; records that arrive
   * meanwhile are in the next batch. A batch is consumed when `handle` resolves. When it rejects, the same records come
   * again after a pause; after {@link HistoryRestored}, all records from there on; after {@link LevelNotSupported},
   * none: the partitions of the batch stop for this consumer. A partition also stops before a record of an unsupported
   * feature level. The next consumer of a stopped partition continues there.
   *
   * `malformed` is called for each malformed record that was set aside, before the batch around it, and possibly
   * again when that batch comes again.
   */
  consume(
    handle: (batch: CommandBatch) => Promise<void>,
    malformed?: (record: MalformedRecord) => Promise<void>,
  ): Promise<CommandConsumer>;
  /**
   * Writes a record that cannot be decided to the dead letters, where it is counted and blocks no other record.
   * Resolves when it is there.
   */
  setAside(record: CommandRecord, reason: string): Promise<void>;
}

/** The number of records that wait to be sent to the log, of records sent, and of sends. */
export interface AppendFigures {
  waiting: number;
  records: number;
  sends: number;
}

export interface CommandConsumer {
  /** The partitions that are assigned to this consumer now. */
  readonly owned: ReadonlySet<number>;
  /** The stopped partitions among them, each with the feature level that it needs. */
  readonly stopped: ReadonlyMap<number, number>;
  /**
   * The lag of each assigned partition: the number of records not yet consumed, for metrics. Rejects with {@link
   * Unavailable}.
   */
  lag(): Promise<ReadonlyMap<number, number>>;
  /** Stops consuming, and resolves when the current batch is done. */
  close(): Promise<void>;
}
