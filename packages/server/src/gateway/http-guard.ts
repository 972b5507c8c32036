import type { Clock } from '../platform/clock.ts';
import { TurnCounter } from '../platform/turn-counter.ts';
import { WorkBudgets, type WorkRate, workUnits } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import { defaultHeaders } from './default-headers.ts';
import { isFromThisMachine } from './origin.ts';
import { problemBody } from './problem.ts';
import type { RequestContext } from './request-context.ts';

/** What one address may ask for, whatever it is and however it is answered: twice what `rateLimitRules` lets through. */
export const addressRequestWork: WorkRate = { perSecond: 400, burst: 4_000 };

/** Requests that one connection may have answered in one turn of the event loop. Browsers do not send ahead at all. */
export const requestsPerTurn = 16;

/** What answering a request takes of a turn, in units. */
export const requestUnits = 4;

/** Where a request comes from. */
export interface Peer {
  /** The address at the other end of the connection. */
  peer: string;
  /** Names the connection: the peer's address and port. */
  connection: string;
  /** As limits count it; see `clientAddress`. */
  address: string;
  /** The connection is a trusted proxy's, and carries requests of others too. */
  isProxy: boolean;
}

/**
 * Bounds what requests cost before anything of them is looked at. A request above a bound is answered with a fixed
 * text, and its connection is closed, with whatever it sent ahead.
 */
export class HttpGuard {
  private readonly perConnection = new TurnCounter<string>();
  private readonly budgets: WorkBudgets | null;
  /** Requests that were refused here. */
  refused = 0;

  /** @param bounded false leaves out the budgets of addresses, for load tests. */
  constructor(
    clock: Clock,
    private readonly turns: WorkTurns,
    bounded: boolean,
  ) {
    this.budgets = bounded ? new WorkBudgets(addressRequestWork, clock) : null;
  }

  /** What handlers know of a request that is within all bounds; of another the answer. */
  admit(request: Request, { peer, connection, address, isProxy }: Peer): RequestContext | Response {
    if (!isProxy && this.perConnection.count(connection) > requestsPerTurn) {
      return this.refuse(sentAhead, closingHeaders);
    }
    const budget = this.budgets?.of(address);
    if (budget?.take(workUnits(announcedBytes(request))) === false) {
      // A proxy's connection carries the requests of others too.
      return this.refuse(tooMany, isProxy ? refusalHeaders : closingHeaders);
    }
    const context = { address, isFromThisMachine: isFromThisMachine(request, peer), turns: this.turns };
    return budget ? { ...context, budget } : context;
  }

  /** Resolves when a request may be answered: undefined when that is now. */
  turn(address: string): Promise<void> | undefined {
    return this.turns.turn(address, requestUnits);
  }

  /** Counts a request that is answered at once, whatever else this turn has to do. */
  answeredAtOnce(address: string): void {
    this.turns.take(address, requestUnits);
  }

  stop(): void {
    this.budgets?.stop();
  }

  private refuse(body: string, headers: Record<string, string>): Response {
    this.refused++;
    return new Response(body, { status: 429, headers });
  }
}

// Made once, so that a refusal costs little more than reading the request.
const sentAhead = refusalBody(`A connection may send at most ${requestsPerTurn} requests ahead of their answers.`);
const tooMany = refusalBody('Too many requests from one address.');
const refusalHeaders = { ...defaultHeaders, 'content-type': 'application/problem+json', 'retry-after': '1' };
/** The runtime closes the connection after such an answer, and drops the requests behind it. */
const closingHeaders = { ...refusalHeaders, connection: 'close' };

function refusalBody(detail: string): string {
  return JSON.stringify(problemBody({ code: 'rate_limited', detail, retryAfterMs: 1_000 }));
}

function announcedBytes(request: Request): number {
  if (request.method === 'GET' || request.method === 'HEAD') return 0;
  const announced = Number(request.headers.get('content-length'));
  return Number.isFinite(announced) && announced > 0 ? announced : 0;
}
