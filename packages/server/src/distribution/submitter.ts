import type { ConversationId, UserId } from '@parley/protocol';
import type { Command, Outcome } from '../conversations/command.ts';
import { levelNeeded } from '../conversations/command-kinds.ts';
import type { Clock } from '../platform/clock.ts';
import { confirmEnabled, type EnabledFeatures } from '../platform/enabled-features.ts';
import { Refusal, Unavailable, Unwritable } from '../platform/failures.ts';
import { firstLevel } from '../platform/features.ts';
import { shardOf } from '../platform/shards.ts';
import type { Tracing } from '../platform/tracing.ts';
import { pause } from '../platform/waiting.ts';
import type { CommandLog, CommandRecord } from './command-log-port.ts';
import type { SubmitMetrics } from './distribution-metrics.ts';
import { fewCommands, PartitionLoad, type UnderWay } from './partition-load.ts';

/** Limits for the commands that one server has under way (race 11). */
export interface SubmitBounds {
  /** Commands of all users together. */
  inFlightMax: number;
  inFlightPerUserMax: number;
  /** New commands of a partition are refused while its oldest one has been under way for longer than this. */
  slowAfterMs: number;
  /** The timeout of a command: it is then unknown whether it was or will be carried out. */
  giveUpAfterMs: number;
}

export const defaultSubmitBounds: SubmitBounds = {
  inFlightMax: 20_000,
  inFlightPerUserMax: 200,
  slowAfterMs: 1_000,
  giveUpAfterMs: 15_000,
};

export interface SubmitPorts {
  /** The id of this server, to which outcomes are returned. Throws {@link Unavailable} while it has none. */
  serverId(): string;
  log: Pick<CommandLog, 'append' | 'partitions'>;
  clock: Clock;
  metrics: SubmitMetrics;
  tracing: Tracing;
  /** The features that the store enables. */
  enabled: Pick<EnabledFeatures, 'level'>;
}

/** Receives the outcome of a command: one of the two methods is called, once. */
export interface OutcomeReceiver {
  settled(outcome: Outcome): void;
  /** No outcome came: the command may still be carried out, and a retry with the same command id is safe (contract 2). */
  failed(error: Unavailable): void;
}

interface Waiting extends UnderWay {
  actorId: UserId;
  load: PartitionLoad;
  receiver: OutcomeReceiver;
}

const retryAfterMs = 1_000;
/** One object for all refusals: an overloaded server has no time for stacks. */
const tooMuchToDo = new Refusal('overloaded', 'The server has more to do than it can do in time.', { retryAfterMs });
const idlePollMs = 10;

/** Appends commands to the log and waits for their outcomes. There is one for each edge. */
export class CommandSubmitter {
  /** In the order of submission: the first is the oldest. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly inFlightByUser = new Map<UserId, number>();
  /** By partition of the log; a partition without commands so far is missing. */
  private readonly loads: PartitionLoad[] = [];
  private readonly busyPartitions = { count: 0 };
  private readonly stopSweeping: () => void;
  private readonly tooManyOfUser: Refusal;
  /** The number of commands so far, from which request ids are made: a server's own requests need no more. */
  private submitted = 0;

  constructor(
    private readonly ports: SubmitPorts,
    private readonly bounds: SubmitBounds = defaultSubmitBounds,
  ) {
    this.stopSweeping = ports.clock.every(1_000, () => this.giveUpOld());
    const detail = `You have ${bounds.inFlightPerUserMax} commands under way already.`;
    this.tooManyOfUser = new Refusal('overloaded', detail, { retryAfterMs });
  }

  get inFlight(): number {
    return this.waiting.size;
  }

  /** Whether so many commands are under way that it is worth asking {@link overload} before a message is parsed. */
  get isBusy(): boolean {
    return this.waiting.size >= fewCommands;
  }

  /** The refusal of a new command in this conversation, if its partition is overloaded. */
  overload(conversationId: ConversationId): Refusal | null {
    return this.overloadOf(this.loadOf(conversationId), this.ports.clock.monotonicMs());
  }

  private overloadOf(load: PartitionLoad, nowMs: number): Refusal | null {
    const { oldestSinceMs } = load;
    const isSlow = oldestSinceMs !== null && nowMs - oldestSinceMs > this.bounds.slowAfterMs;
    if (!isSlow && this.waiting.size < this.bounds.inFlightMax && !load.isFull(nowMs)) return null;
    this.ports.metrics.overloaded();
    return tooMuchToDo;
  }

  /**
   * Resolves with the outcome once it is durable. Throws {@link Refusal} `overloaded` or `feature_not_enabled`, or
   * {@link Unavailable} while this server is not registered, before anything is done, and rejects with
   * {@link Unavailable} as {@link OutcomeReceiver.failed} says.
   */
  submit(command: Command): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.begin(command, { settled: resolve, failed: reject });
    return promise;
  }

  /**
   * As {@link submit}, for the sends of sockets: calls the receiver in the turn in which the outcome arrives, so that
   * the ack precedes the sender's own entry. Throws the same before anything is done; the receiver is then not called.
   */
  begin(command: Command, receiver: OutcomeReceiver): void {
    const level = levelNeeded(command);
    // Distributors of earlier versions cannot decide a command of a higher level.
    confirmEnabled(level, this.ports.enabled);
    const { actorId, conversationId } = command;
    const serverId = this.ports.serverId();
    const sinceMs = this.ports.clock.monotonicMs();
    const load = this.loadOf(conversationId);
    const refusal = this.overloadOfUser(actorId) ?? this.overloadOf(load, sinceMs);
    if (refusal) throw refusal;
    const requestId = String(++this.submitted);
    const waiting = { actorId, sinceMs, receiver, load, isDone: false, next: null };
    load.begun(waiting);
    this.waiting.set(requestId, waiting);
    this.inFlightByUser.set(actorId, (this.inFlightByUser.get(actorId) ?? 0) + 1);
    const levelled = level === firstLevel ? command : { ...command, level };
    this.append({ command: levelled, replyTo: { serverId, requestId } }, sinceMs);
  }

  /** Called with each outcome from the mailbox; outcomes of commands that timed out are dropped. */
  settle(requestId: string, outcome: Outcome): void {
    if (outcome.kind === 'refused' && outcome.code === 'unavailable') {
      const { detail, retryAfterMs: laterMs } = outcome;
      // Without a time to retry, the result is as unknown as when no outcome comes.
      this.fail(requestId, laterMs === undefined ? new Unavailable(detail) : new Unwritable(detail, laterMs));
      return;
    }
    const waiting = this.take(requestId, outcome.kind);
    waiting?.receiver.settled(outcome);
  }

  /** Resolves when no command is under way, or after `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    const endMs = this.ports.clock.monotonicMs() + withinMs;
    while (this.waiting.size > 0 && this.ports.clock.monotonicMs() < endMs) {
      await pause(this.ports.clock, idlePollMs);
    }
  }

  /** Rejects all commands under way: their outcomes go to a mailbox that no longer exists. */
  abandon(reason: string): void {
    for (const requestId of [...this.waiting.keys()]) this.fail(requestId, new Unavailable(reason));
  }

  /** Rejects every command that still waits. */
  close(): void {
    this.stopSweeping();
    this.abandon('the server stopped before the outcome came');
  }

  private append(record: CommandRecord, sinceMs: number): void {
    const { log, clock, metrics, tracing } = this.ports;
    const appended = tracing.during('append', tracing.current, (trace) =>
      log.append(trace === undefined ? record : { ...record, trace }),
    );
    const done = () => metrics.appended(clock.monotonicMs() - sinceMs);
    if (!appended) done();
    else
      appended.then(done, (cause: unknown) => {
        this.fail(record.replyTo.requestId, new Unavailable('the command log accepted no command', { cause }));
      });
  }

  private overloadOfUser(actorId: UserId): Refusal | null {
    if ((this.inFlightByUser.get(actorId) ?? 0) < this.bounds.inFlightPerUserMax) return null;
    this.ports.metrics.overloaded();
    return this.tooManyOfUser;
  }

  private loadOf(conversationId: ConversationId): PartitionLoad {
    const { partitions } = this.ports.log;
    const partition = partitions === 1 ? 0 : shardOf(conversationId, partitions);
    this.loads[partition] ??= new PartitionLoad(partitions, this.busyPartitions);
    return this.loads[partition];
  }

  private fail(requestId: string, error: Unavailable): void {
    const waiting = this.take(requestId, 'unavailable');
    waiting?.receiver.failed(error);
  }

  private take(requestId: string, outcome: Outcome['kind'] | 'unavailable'): Waiting | undefined {
    const waiting = this.waiting.get(requestId);
    if (!waiting) return undefined;
    this.waiting.delete(requestId);
    const nowMs = this.ports.clock.monotonicMs();
    waiting.load.done(waiting, nowMs);
    this.ports.metrics.settled(outcome, nowMs - waiting.sinceMs);
    const left = (this.inFlightByUser.get(waiting.actorId) ?? 1) - 1;
    if (left > 0) this.inFlightByUser.set(waiting.actorId, left);
    else this.inFlightByUser.delete(waiting.actorId);
    return waiting;
  }

  private giveUpOld(): void {
    const before = this.ports.clock.monotonicMs() - this.bounds.giveUpAfterMs;
    for (const [requestId, { sinceMs }] of this.waiting) {
      if (sinceMs > before) return;
      this.fail(requestId, new Unavailable('no outcome came in time'));
    }
  }
}
