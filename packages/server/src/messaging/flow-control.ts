import type { Clock } from '../platform/clock.ts';
import { TurnCounter } from '../platform/turn-counter.ts';
import { WorkBudget, type WorkBudgets, type WorkRate, workUnits } from '../platform/work-budget.ts';
import type { Connection } from './connection.ts';

type Frame = string | Uint8Array;

/**
 * What one connection may send in frames, refused ones included. Above what the rate limits of one user let through
 * (see `rateLimitRules`), so that a client that heeds refusals never meets it.
 */
export const connectionWork: WorkRate = { perSecond: 200, burst: 1_000 };
/** The same for all connections from one address together: an office behind one address fits. */
export const addressWork: WorkRate = { perSecond: 4_000, burst: 20_000 };

/** Frames of one connection that are handled in one turn of the event loop. */
export const framesPerTurn = 64;
/** Frames that were read from a connection and wait to be handled; with more it is closed. */
export const waitingFramesMax = 2_000;
/** A connection that used up its budget rests this long before it goes on. */
const restMs = 1_000;
/** A connection may rest this often in a row. The next time it is closed. */
export const restsMax = 10;
/** Rests that lie further apart are not in a row: in that time an unused budget fills up again. */
const calmMs = (connectionWork.burst / connectionWork.perSecond) * 1_000;

/** What is known of one connection's frames. */
interface Flow {
  budget: WorkBudget;
  /** Read, and waiting to be handled, in their order. Empty while the connection is not held back. */
  waiting: Frame[];
  isHeldBack: boolean;
  rests: number;
  lastRestMs: number;
}

/**
 * Bounds the work that frames cause before they are parsed: so many in one turn of the event loop, and so much within
 * a budget of the connection and one of its address. Above it the socket is paused, so that TCP slows its sender down,
 * and frames that were read already wait in their order. A connection that keeps using up its budget is closed.
 */
export class FlowControl {
  private readonly turns: TurnCounter<Connection>;
  private readonly flows = new Map<Connection, Flow>();

  /**
   * @param addresses budgets by address; null leaves every budget out, for load tests.
   * @param handle takes one frame up.
   */
  constructor(
    private readonly addresses: Pick<WorkBudgets, 'of'> | null,
    private readonly handle: (connection: Connection, data: Frame) => void,
    private readonly clock: Clock,
    private readonly nextTurn: (run: () => void) => void = setImmediate,
  ) {
    this.turns = new TurnCounter(nextTurn);
  }

  receive(connection: Connection, data: Frame): void {
    if (connection.closed) return;
    const flow = this.flowOf(connection);
    if (!flow.isHeldBack && this.admits(connection, flow, data)) {
      this.handle(connection, data);
      return;
    }
    if (this.addresses && flow.waiting.length >= waitingFramesMax) connection.close('flooding');
    else flow.waiting.push(data);
  }

  /** The connection is gone, and what waits with it. */
  forget(connection: Connection): void {
    this.flows.delete(connection);
  }

  /** Whether the frame may be handled now. If not, holds the connection back until it may. */
  private admits(connection: Connection, flow: Flow, data: Frame): boolean {
    if (this.turns.count(connection) > framesPerTurn) {
      this.holdBack(connection, flow);
      this.nextTurn(() => this.goOn(connection, flow));
      return false;
    }
    if (!this.addresses) return true;
    const units = workUnits(data.length);
    if (flow.budget.take(units)) {
      if (this.addresses.of(connection.address).take(units)) return true;
      // Others at the same address may have used it up: no reason to close this one.
      this.holdBack(connection, flow);
      this.clock.after(restMs, () => this.goOn(connection, flow));
    } else this.rest(connection, flow);
    return false;
  }

  private rest(connection: Connection, flow: Flow): void {
    const nowMs = this.clock.monotonicMs();
    flow.rests = nowMs - flow.lastRestMs > calmMs ? 1 : flow.rests + 1;
    flow.lastRestMs = nowMs;
    if (flow.rests > restsMax) {
      connection.close('flooding');
      return;
    }
    this.holdBack(connection, flow);
    this.clock.after(restMs, () => this.goOn(connection, flow));
  }

  private holdBack(connection: Connection, flow: Flow): void {
    if (flow.isHeldBack) return;
    flow.isHeldBack = true;
    connection.socket.pause();
  }

  /** Handles what waits, as far as it may be handled now. */
  private goOn(connection: Connection, flow: Flow): void {
    const { waiting } = flow;
    let handled = 0;
    for (const data of waiting) {
      if (connection.closed || !this.admits(connection, flow, data)) break;
      this.handle(connection, data);
      handled++;
    }
    flow.waiting = waiting.slice(handled);
    if (connection.closed || flow.waiting.length > 0) return;
    flow.isHeldBack = false;
    connection.socket.resume();
  }

  private flowOf(connection: Connection): Flow {
    const existing = this.flows.get(connection);
    if (existing) return existing;
    const budget = new WorkBudget(connectionWork, this.clock);
    const flow = { budget, waiting: [], isHeldBack: false, rests: 0, lastRestMs: Number.NEGATIVE_INFINITY };
    this.flows.set(connection, flow);
    return flow;
  }
}
