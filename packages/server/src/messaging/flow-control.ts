import type { Clock } from '../platform/clock.ts';
import { WorkBudget, type WorkBudgets, type WorkRate, workUnits } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import type { Connection } from './connection.ts';
import type { Intake } from './intake.ts';

type Frame = string | Uint8Array;

/**
 * What one connection may send in frames, refused ones included. Above what the rate limits of one user let through
 * (see `rateLimitRules`), so that a client that heeds refusals never meets it.
 */
export const connectionWork: WorkRate = { perSecond: 200, burst: 1_000 };
/** The same for all connections from one address together: an office behind one address fits. */
export const addressWork: WorkRate = { perSecond: 4_000, burst: 20_000 };
/** Pings and pongs of the WebSocket protocol. Each of ours is answered with one; browsers send no others. */
export const controlFrames: WorkRate = { perSecond: 10, burst: 100 };

/** Frames that were read from a connection and wait to be handled; with more it is closed. */
export const waitingFramesMax = 1_000;
/** The same for all connections from one address together. A connection with few of them is not closed for it. */
export const addressWaitingFramesMax = 10_000;
export const fewWaitingFrames = 64;
/** A connection that used up its budget rests this long before it goes on. */
const restMs = 1_000;
/** A connection may rest this often in a row. The next time it is closed. */
export const restsMax = 10;
/** Rests that lie further apart are not in a row: in that time an unused budget fills up again. */
const calmMs = (connectionWork.burst / connectionWork.perSecond) * 1_000;

/** What is known of one connection's frames. */
interface Flow {
  budget: WorkBudget;
  controlFrames: WorkBudget;
  /** Read, and waiting to be handled, in their order. Empty while the connection is not held back. */
  waiting: Frame[];
  /** Waits until the frames that were handed on were taken up. */
  isBlocked: boolean;
  rests: number;
  lastRestMs: number;
}

/**
 * Bounds the work that frames cause before they are parsed: so much in one turn of the event loop, and so much within
 * a budget of the connection and one of its address. Above it the socket is paused, so that TCP slows its sender down,
 * and frames that were read already wait in their order. A connection that keeps using up its budget is closed.
 */
export class FlowControl {
  private readonly flows = new Map<Connection, Flow>();
  /** Frames that wait, by address. */
  private readonly waiting = new Map<string, number>();

  /**
   * @param addresses budgets by address; null leaves every budget out, for load tests.
   */
  constructor(
    private readonly addresses: Pick<WorkBudgets, 'of'> | null,
    private readonly turns: WorkTurns,
    private readonly intake: Pick<Intake, 'receive' | 'isFull'>,
    private readonly clock: Clock,
  ) {}

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

  /** A ping or pong, which the runtime has read and answered. They can't wait, so a connection with too many is closed. */
  control(connection: Connection): void {
    if (connection.closed || !this.addresses) return;
    if (!this.flowOf(connection).controlFrames.take(1)) connection.close('flooding');
  }

  /** The frames of the connection that were handed on were taken up. */
  unblock(connection: Connection): void {
    const flow = this.flows.get(connection);
    if (!flow?.isBlocked) return;
    flow.isBlocked = false;
    this.awaitTurn(connection, flow);
  }

  /** The connection is gone, and what waits with it. */
  forget(connection: Connection): void {
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
    // Others at the same address may have used it up: no reason to close this one.
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
    else connection.resume();
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

  private flowOf(connection: Connection): Flow {
    const existing = this.flows.get(connection);
    if (existing) return existing;
    const flow = {
      budget: new WorkBudget(connectionWork, this.clock),
      controlFrames: new WorkBudget(controlFrames, this.clock),
      waiting: [],
      isBlocked: false,
      rests: 0,
      lastRestMs: Number.NEGATIVE_INFINITY,
    };
    this.flows.set(connection, flow);
    return flow;
  }
}
