import { type Clock, type NextTurn, setImmediateTurn } from '../platform/clock.ts';
import { TurnCounter } from '../platform/turn-counter.ts';
import { WorkBudgets, type WorkRate, workUnits } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import { defaultHeaders } from './default-headers.ts';
import { isFromThisMachine } from './origin.ts';
import { problemBody } from './problem.ts';
import type { RequestContext } from './request-context.ts';

/** Work of all requests from one address, whatever their answer: twice what `rateLimitRules` allows. */
export const addressRequestWork: WorkRate = { perSecond: 400, burst: 4_000 };

/** Pipelined requests that one connection may have answered in one turn of the event loop. Browsers do not pipeline. */
export const requestsPerTurn = 16;

/** The work units of answering a request. */
export const requestUnits = 4;

/** The origin of a request on the network. */
export interface Peer {
  /** The address at the other end of the connection. */
  peer: string;
  /** Names the connection: the peer's address and port. */
  connection: string;
  /** As limits count it; see `clientAddress`. */
  address: string;
  /** The connection belongs to a trusted proxy and carries requests of several clients. */
  isProxy: boolean;
}

/**
 * Limits what requests cost before they are read. A request above a limit is answered with a fixed text, and its
 * connection is closed together with the requests pipelined behind it.
 */
export class HttpGuard {
  private readonly perConnection: TurnCounter<string>;
  private readonly budgets: WorkBudgets | null;
  /** The number of refused requests. */
  refused = 0;

  /** @param bounded false for no budgets of addresses, for load tests. */
  constructor(
    clock: Clock,
    private readonly turns: WorkTurns,
    bounded: boolean,
    nextTurn: NextTurn = setImmediateTurn,
  ) {
    this.perConnection = new TurnCounter(nextTurn);
    this.budgets = bounded ? new WorkBudgets(addressRequestWork, clock) : null;
  }

  /** Returns the context for the handlers if the request is within all limits, otherwise the answer to it. */
  admit(request: Request, { peer, connection, address, isProxy }: Peer): RequestContext | Response {
    if (!isProxy && this.perConnection.count(connection) > requestsPerTurn) {
      return this.refuse(sentAhead, closingHeaders);
    }
    const budget = this.budgets?.of(address);
    if (budget?.take(workUnits(announcedBytes(request))) === false) {
      // The connection of a proxy also carries requests of other clients.
      return this.refuse(tooMany, isProxy ? refusalHeaders : closingHeaders);
    }
    const context = { address, isFromThisMachine: isFromThisMachine(request, peer), turns: this.turns };
    return budget ? { ...context, budget } : context;
  }

  /** Resolves when a request may be answered: undefined when that is now. */
  turn(address: string): Promise<void> | undefined {
    return this.turns.turn(address, requestUnits);
  }

  /** Counts a request that is answered at once, even if the turn's limit is reached. */
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

// Built once, so that a refusal costs little more than reading the request.
const sentAhead = refusalBody(`A connection may send at most ${requestsPerTurn} requests ahead of their answers.`);
const tooMany = refusalBody('Too many requests from one address.');
const refusalHeaders = { ...defaultHeaders, 'content-type': 'application/problem+json', 'retry-after': '1' };
/** The runtime closes the connection after this header and drops the requests behind it. */
const closingHeaders = { ...refusalHeaders, connection: 'close' };

function refusalBody(detail: string): string {
  return JSON.stringify(problemBody({ code: 'rate_limited', detail, retryAfterMs: 1_000 }));
}

function announcedBytes(request: Request): number {
  if (request.method === 'GET' || request.method === 'HEAD') return 0;
  const announced = Number(request.headers.get('content-length'));
  return Number.isFinite(announced) && announced > 0 ? announced : 0;
}
