import type { Clock } from '../platform/clock.ts';
import { WorkBudget, type WorkBudgets, type WorkRate, workUnits } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import type { Connection } from './connection.ts';
import type { Intake } from './intake.ts';

type Frame = string | Uint8Array;

/**
 * The budget of one connection for frames, refused ones included. It is larger than what the rate limits of one user
 * allow (see `rateLimitRules`), so a client that respects refusals never exceeds it.
 */
export const connectionWork: WorkRate = { perSecond: 200, burst: 1_000 };
/** The budget of all connections from one address together; it suffices for an office behind one address. */
export const addressWork: WorkRate = { perSecond: 4_000, burst: 20_000 };
/** Pings and pongs of the WebSocket protocol. A client answers each ping of the server; browsers send no others. */
export const controlFrames: WorkRate = { perSecond: 10, burst: 100 };

/** Frames of a connection that may wait to be handled. A connection with more is closed. */
export const waitingFramesMax = 1_000;
/** Frames of all connections from one address that may wait. A connection with few of them is not closed. */
export const addressWaitingFramesMax = 10_000;
export const fewWaitingFrames = 64;
/** Time for which a connection that used up its budget is paused. */
const restMs = 1_000;
/** Pauses in a row that a connection may have before it is closed. */
export const restsMax = 10;
/** Pauses further apart are not in a row: an unused budget is full again after this time. */
const calmMs = (connectionWork.burst / connectionWork.perSecond) * 1_000;

/** How often the state of connections that have sent nothing for a while is dropped. */
const sweepIntervalMs = 10_000;

/** The state of one connection's frames. */
interface Flow {
  budget: WorkBudget;
  /** Frames that were read and wait to be handled, in order. Empty unless the connection is held back. */
  waiting: Frame[];
  /** Waits until the frames that were passed on have been started. */
  isBlocked: boolean;
  /** Is paused because its messages keep being refused. Its frames that were read are handled. */
  isResting: boolean;
  rests: number;
  lastRestMs: number;
}

/**
 * Limits the work that frames cause, before they are parsed: per turn of the event loop, per connection and per
 * address. Above a limit the socket is paused, so that TCP slows the sender down, and frames that were read already
 * wait in order. A connection that keeps using up its budget is closed.
 */
export class FlowControl {
  private readonly flows = new Map<Connection, Flow>();
  /** The budgets for pings and pongs. */
  private readonly controls = new Map<Connection, WorkBudget>();
  /** Frames that wait, by address. */
  private readonly waiting = new Map<string, number>();
  readonly stop: () => void;

  /** @param addresses budgets by address; null for no budgets at all, for load tests. */
  constructor(
    private readonly addresses: Pick<WorkBudgets, 'of'> | null,
    private readonly turns: WorkTurns,
    private readonly intake: Pick<Intake, 'receive' | 'isFull'>,
    private readonly clock: Clock,
  ) {
    this.stop = clock.every(sweepIntervalMs, () => this.forgetIdle());
  }

  receive(connection: Connection, data: Frame): void {
    if (connection.closed) return;
    const flow = this.flowOf(connection);
    if (flow.waiting.length > 0) {
      if (this.addresses && this.isFlooding(connection, flow)) connection.close('flooding');
      else this.wait(connection, flow, data);
      return;
    }
    const isTurn = this.turns.admits(connection.address, workUnits(data.length));
    if (isTurn && this.admits(connection, flow, data)) {
      this.intake.receive(connection, data);
      return;
    }
    if (connection.closed) return;
    connection.pause();
    this.wait(connection, flow, data);
    if (!isTurn) this.awaitTurn(connection, flow);
  }

  /**
   * A ping or pong, which the runtime has already read and answered. It can't wait, so a connection with too many is
   * closed.
   */
  control(connection: Connection): void {
    if (connection.closed || !this.addresses) return;
    const budget = this.controls.get(connection) ?? new WorkBudget(controlFrames, this.clock);
    this.controls.set(connection, budget);
    if (!budget.take(1)) connection.close('flooding');
  }

  /** The frames of the connection that were passed on have been started. */
  unblock(connection: Connection): void {
    const flow = this.flows.get(connection);
    if (!flow?.isBlocked) return;
    flow.isBlocked = false;
    this.awaitTurn(connection, flow);
  }

  /** Stops reading from the connection for this long. Frames that were read already are handled. */
  rest(connection: Connection, durationMs: number): void {
    const flow = this.flowOf(connection);
    if (flow.isResting || connection.closed) return;
    flow.isResting = true;
    connection.pause();
    this.clock.after(durationMs, () => {
      flow.isResting = false;
      if (!connection.closed && flow.waiting.length === 0) connection.resume();
    });
  }

  /** The connection closed; its waiting frames are dropped. */
  forget(connection: Connection): void {
    this.controls.delete(connection);
    const flow = this.flows.get(connection);
    if (!flow) return;
    this.countWaiting(connection, -flow.waiting.length);
    this.flows.delete(connection);
  }

  /** Whether the frame may be handled. If not, the connection is blocked, rests, or is closed. */
  private admits(connection: Connection, flow: Flow, data: Frame): boolean {
    flow.isBlocked = this.intake.isFull(connection);
    if (flow.isBlocked) return false;
    if (!this.addresses) return true;
    const units = workUnits(data.length);
    if (!flow.budget.take(units)) {
      const nowMs = this.clock.monotonicMs();
      flow.rests = nowMs - flow.lastRestMs > calmMs ? 1 : flow.rests + 1;
      flow.lastRestMs = nowMs;
      if (flow.rests > restsMax) {
        connection.close('flooding');
        return false;
      }
    } else if (this.addresses.of(connection.address).take(units)) return true;
    // Other connections from the same address may have used it up: no reason to close this one.
    this.clock.after(restMs, () => this.awaitTurn(connection, flow));
    return false;
  }

  private awaitTurn(connection: Connection, flow: Flow): void {
    const [next] = flow.waiting;
    if (next === undefined || connection.closed) return;
    this.turns.defer(connection.address, workUnits(next.length), () => this.goOn(connection, flow, next));
  }

  /** Handles the frame that has waited longest. */
  private goOn(connection: Connection, flow: Flow, next: Frame): void {
    if (connection.closed || !this.admits(connection, flow, next)) return;
    flow.waiting.shift();
    this.countWaiting(connection, -1);
    this.intake.receive(connection, next);
    if (connection.closed) return;
    if (flow.waiting.length > 0) this.awaitTurn(connection, flow);
    else if (!flow.isResting) connection.resume();
  }

  private wait(connection: Connection, flow: Flow, data: Frame): void {
    flow.waiting.push(data);
    this.countWaiting(connection, 1);
  }

  private isFlooding({ address }: Connection, { waiting }: Flow): boolean {
    if (waiting.length >= waitingFramesMax) return true;
    return waiting.length >= fewWaitingFrames && (this.waiting.get(address) ?? 0) >= addressWaitingFramesMax;
  }

  private countWaiting({ address }: Connection, change: number): void {
    const count = (this.waiting.get(address) ?? 0) + change;
    if (count > 0) this.waiting.set(address, count);
    else this.waiting.delete(address);
  }

  /** Drops the states that equal those of a new connection: most connections are idle most of the time. */
  private forgetIdle(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [connection, flow] of this.flows) {
      const isHeld = flow.isBlocked || flow.isResting || flow.waiting.length > 0;
      const isCalm = nowMs - flow.lastRestMs > calmMs && flow.budget.isFull;
      if (!isHeld && isCalm) this.flows.delete(connection);
    }
    for (const [connection, budget] of this.controls) if (budget.isFull) this.controls.delete(connection);
  }

  private flowOf(connection: Connection): Flow {
    const existing = this.flows.get(connection);
    if (existing) return existing;
    const flow = {
      budget: new WorkBudget(connectionWork, this.clock),
      waiting: [],
      isBlocked: false,
      isResting: false,
      rests: 0,
      lastRestMs: Number.NEGATIVE_INFINITY,
    };
    this.flows.set(connection, flow);
    return flow;
  }
}
