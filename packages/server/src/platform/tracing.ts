import { AsyncLocalStorage } from 'node:async_hooks';

/** The header of HTTP requests and records that carries a trace from hop to hop (W3C Trace Context). */
export const traceHeader = 'traceparent';

/** A recorded trace and its latest hop, as {@link traceHeader} has them: 55 ASCII characters. */
export type TraceParent = string;

/** The hops of a command. Spans have these names. */
export type HopName = 'receive' | 'append' | 'distribute' | 'decide' | 'deliver' | 'fan out';

/** Attributes of a hop's result. They never hold what people wrote. */
export type HopFacts = Readonly<Record<string, string | number>>;

/** A hop that is under way. It is ended once. */
export interface Hop {
  /** The parent of the next hop; undefined when the trace is not recorded. */
  readonly traceParent: TraceParent | undefined;
  end(facts?: HopFacts): void;
  fail(error: unknown): void;
}

export interface HopStart {
  /** The previous hop. Without one the recorder decides whether a trace begins. */
  from?: TraceParent | undefined;
  /** Hops of other traces to link. A hop that begins a trace and has links is always recorded. */
  links?: readonly TraceParent[];
  facts?: HopFacts;
}

/** Records hops. */
export interface HopRecorder {
  /** Never throws. A hop that can't be recorded is lost; the message is processed all the same. */
  begin(name: HopName, start: HopStart): Hop;
  /** Sends what was recorded, within seconds, and releases the recorder. Never rejects. */
  close(): Promise<void>;
}

/** Records nothing, but passes a received trace on, so that the spans of other systems stay connected. */
export const passOn: HopRecorder = {
  begin: (_name, { from }) => (from === undefined ? noHop : { ...noHop, traceParent: from }),
  close: async () => undefined,
};

const noHop: Hop = { traceParent: undefined, end: () => undefined, fail: () => undefined };

/** Traces commands through this process. Costs nothing when no trace is recorded. */
export class Tracing {
  private readonly surrounding = new AsyncLocalStorage<TraceParent>();

  constructor(private readonly recorder: HopRecorder = passOn) {}

  /** The trace of the surrounding {@link receive}. */
  get current(): TraceParent | undefined {
    return this.surrounding.getStore();
  }

  /**
   * Runs the work of a request as the first hop here. It continues a recorded trace that `header` names; any other
   * content of the header is ignored.
   */
  receive<Result>(operation: string, header: string | null, work: () => Promise<Result>): Promise<Result> {
    const hop = this.begin(operation, header);
    return this.within(hop, () => (hop.traceParent === undefined ? work() : ending(hop, work())));
  }

  /** Begins the first hop of a request, as {@link receive} does; the caller ends it. */
  begin(operation: string, header: string | null): Hop {
    // Most requests of most servers are in no trace: nothing is made for them.
    if (header === null && this.recorder === passOn) return noHop;
    return this.recorder.begin('receive', { from: recordedTrace(header), facts: { operation } });
  }

  /** Runs `work` as part of this hop, which is its {@link current} trace. */
  within<Result>(hop: Hop, work: () => Result): Result {
    return hop.traceParent === undefined ? work() : this.surrounding.run(hop.traceParent, work);
  }

  /** Begins the hop after `from`; none when that is undefined. */
  next(name: HopName, from: TraceParent | undefined, links: readonly TraceParent[] = []): Hop {
    return from === undefined ? noHop : this.recorder.begin(name, { from, links });
  }

  /** Begins a hop that many traces share: it has a trace of its own, linked with theirs. */
  shared(name: HopName, links: readonly TraceParent[]): Hop {
    return links.length === 0 ? noHop : this.recorder.begin(name, { links });
  }

  /**
   * Runs `work` as the hop after `from`, and passes it the parent of the next hop. Returns a promise when `work` does, or
   * when a hop is recorded.
   */
  during<Result>(
    name: HopName,
    from: TraceParent | undefined,
    work: (traceParent: TraceParent | undefined) => Promise<Result> | undefined,
  ): Promise<Result | undefined> | undefined {
    if (from === undefined) return work(undefined);
    const hop = this.next(name, from);
    return ending(hop, work(hop.traceParent));
  }
}

async function ending<Result>(hop: Hop, work: Promise<Result> | Result): Promise<Result> {
  try {
    const result = await work;
    hop.end();
    return result;
  } catch (error) {
    hop.fail(error);
    throw error;
  }
}

/** Version, trace, hop, flags; later versions may append fields. The last flag says whether the trace is recorded. */
const traceParentForm = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-[0-9a-f][13579bdf](-.*)?$/;

/** The trace in a header from an untrusted sender; undefined when it names none, or one that is not recorded. */
function recordedTrace(header: string | null): TraceParent | undefined {
  const [, version, hop, more] = traceParentForm.exec(header ?? '') ?? [];
  if (hop === undefined || (version === '00' && more !== undefined)) return undefined;
  return `00-${hop}-01`;
}
