import type { Command } from '../conversations/command.ts';
import type { LogReach } from '../history/history-port.ts';
import { Unavailable } from '../platform/failures.ts';
import { supportedLevel } from '../platform/features.ts';
import type { TraceParent } from '../platform/tracing.ts';

/** A command's record in the log. */
export interface CommandRecord {
  command: Command;
  /** Which server waits for the outcome, and under which id. */
  replyTo: { serverId: string; requestId: string };
  /** The hop that it comes from, when somebody follows it. */
  trace?: TraceParent;
  /** Where it is in its log, once it is in one that outlives its processes. */
  at?: { partition: number; position: number };
}

/** The most commands that are handed over in one batch. */
export const batchMax = 512;

/** What a consumer is handed at once. */
export interface CommandBatch {
  records: readonly CommandRecord[];
  /**
   * What the batch is of each of its partitions, records that can't be read included. Without records it says where a
   * partition goes on that is new to the consumer. None in a log that ends with its process.
   */
  reaches: readonly LogReach[];
}

/**
 * The history lacks what was decided of these partitions from these positions on: it was put back to an earlier moment.
 * The log has to be handed out again from there.
 */
export class HistoryPutBack extends Unavailable {
  override name = 'HistoryPutBack';

  constructor(readonly decided: ReadonlyMap<number, number>) {
    const positions = Array.from(decided, ([partition, position]) => `partition ${partition} from ${position} on`);
    super(`the history lacks what was decided of ${positions.join(', ')}: it was put back to an earlier moment`);
  }
}

/**
 * What comes next needs a program that supports this feature level. The partition stops there: a later program decides
 * it, and what follows, in their order.
 */
export class LevelNotSupported extends Unavailable {
  override name = 'LevelNotSupported';

  constructor(readonly level: number) {
    super(
      `what comes next needs feature level ${level}, and this program supports ${supportedLevel()}: ` +
        'start a newer version, which goes on from there',
    );
  }
}

/** A record of the log that is no command which any version of this feature level writes. */
export interface MalformedRecord {
  reason: string;
  /** Who waits for the outcome, where that can be read. */
  replyTo: CommandRecord['replyTo'] | null;
}

/** Commands on their way to being decided. Records of one conversation stay in the order in which they were appended. */
export interface CommandLog {
  /** Consumers share the log by partitions; there are so many. */
  readonly partitions: number;
  /** What this process has appended so far, for measurement. */
  readonly appends: AppendFigures;
  /**
   * Resolves when the log has the record, after which it will be handed to a consumer at least once, even if this
   * process dies (in the embedded shape: unless it dies; nothing is promised to anybody before the outcome).
   * Rejects with {@link Unavailable} when the log can't take it; whether it did is then unknown.
   */
  append(record: CommandRecord): Promise<void>;
  /**
   * Hands batches of up to {@link batchMax} to `handle`, one at a time, in order; what arrives meanwhile is in the
   * next. A batch counts as consumed when `handle` resolves. When it rejects, the same records come again after a
   * pause; with {@link HistoryPutBack}, all records from there on; with {@link LevelNotSupported}, never to this
   * consumer: the partitions of the batch are stopped. A partition also stops before a record of a feature level that
   * this program doesn't support. Whoever takes a stopped partition over goes on from there.
   *
   * `malformed` is told of each record that was set aside for being malformed, before the batch around it; when that
   * batch comes again, perhaps once more.
   */
  consume(
    handle: (batch: CommandBatch) => Promise<void>,
    malformed?: (record: MalformedRecord) => Promise<void>,
  ): Promise<CommandConsumer>;
  /**
   * Moves a record that can't be decided to the dead letters, where it blocks no other record and is counted.
   * Resolves when it is there.
   */
  setAside(record: CommandRecord, reason: string): Promise<void>;
}

/** Records that wait to be sent to the log, that were sent, and in how many sends. */
export interface AppendFigures {
  waiting: number;
  records: number;
  sends: number;
}

export interface CommandConsumer {
  /** The partitions that are this consumer's now. */
  readonly owned: ReadonlySet<number>;
  /** Those of them that are stopped, each with the feature level that it needs. */
  readonly stopped: ReadonlyMap<number, number>;
  /**
   * How many records of each of those partitions aren't consumed yet, for measurement. Rejects with
   * {@link Unavailable}.
   */
  lag(): Promise<ReadonlyMap<number, number>>;
  /** Takes no further batch, and resolves when the one under way is done. */
  close(): Promise<void>;
}
