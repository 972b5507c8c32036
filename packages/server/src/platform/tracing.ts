import { AsyncLocalStorage } from 'node:async_hooks';

/** The header, of HTTP requests and of records, that carries a trace from hop to hop (W3C Trace Context). */
export const traceHeader = 'traceparent';

/** A recorded trace and its latest hop, as {@link traceHeader} has them: 55 ASCII characters. */
export type TraceParent = string;

/** The hops of a command's way; so are the spans named. */
export type HopName = 'receive' | 'append' | 'distribute' | 'decide' | 'deliver' | 'fan out';

/** What a hop came to. Never what people wrote. */
export type HopFacts = Readonly<Record<string, string | number>>;

/** A hop that is under way. Ended once. */
export interface Hop {
  /** What the next hop goes on from; undefined when nobody records this trace. */
  readonly traceParent: TraceParent | undefined;
  end(facts?: HopFacts): void;
  fail(error: unknown): void;
}

export interface HopStart {
  /** The hop before it; without one it begins a trace, if the recorder chooses to. */
  from?: TraceParent | undefined;
  /** Hops of other traces that it has to do with. A hop that begins a trace with some is recorded. */
  links?: readonly TraceParent[];
  facts?: HopFacts;
}

/** Where hops are written down. */
export interface HopRecorder {
  /** Never throws; what can't be recorded is lost, and the message goes its way. */
  begin(name: HopName, start: HopStart): Hop;
  /** Hands on what was recorded, within seconds, and lets go. Never rejects. */
  close(): Promise<void>;
}

/** Records nothing, and hands a trace that came from elsewhere on, so that others' spans stay together. */
export const passOn: HopRecorder = {
  begin: (_name, { from }) => (from === undefined ? noHop : { ...noHop, traceParent: from }),
  close: async () => undefined,
};

const noHop: Hop = { traceParent: undefined, end: () => undefined, fail: () => undefined };

/** Follows commands on their way through this process. Costs nothing where nobody records a trace. */
export class Tracing {
  private readonly surrounding = new AsyncLocalStorage<TraceParent>();

  constructor(private readonly recorder: HopRecorder = passOn) {}

  /** The trace that {@link receive} surrounds the caller with. */
  get current(): TraceParent | undefined {
    return this.surrounding.getStore();
  }

  /**
   * Runs `work`, which a request asks for, as the first hop here. A recorded trace that the request names in `header` is
   * gone on with; anything else in there counts as none.
   */
  receive<Result>(operation: string, header: string | null, work: () => Promise<Result>): Promise<Result> {
    const hop = this.recorder.begin('receive', { from: recordedTrace(header), facts: { operation } });
    if (hop.traceParent === undefined) return work();
    return this.surrounding.run(hop.traceParent, () => ending(hop, work()));
  }

  /** Begins the hop after `from`; none when that is undefined. */
  next(name: HopName, from: TraceParent | undefined, links: readonly TraceParent[] = []): Hop {
    return from === undefined ? noHop : this.recorder.begin(name, { from, links });
  }

  /** Begins a hop that many traces have in common: it has a trace of its own, linked with theirs. */
  shared(name: HopName, links: readonly TraceParent[]): Hop {
    return links.length === 0 ? noHop : this.recorder.begin(name, { links });
  }

  /** Runs `work` as the hop after `from`, and tells it what the next one goes on from. */
  during<Result>(
    name: HopName,
    from: TraceParent | undefined,
    work: (traceParent: TraceParent | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (from === undefined) return work(undefined);
    const hop = this.next(name, from);
    return ending(hop, work(hop.traceParent));
  }
}

async function ending<Result>(hop: Hop, work: Promise<Result>): Promise<Result> {
  try {
    const result = await work;
    hop.end();
    return result;
  } catch (error) {
    hop.fail(error);
    throw error;
  }
}

/** Version, trace, hop, flags; later versions may say more after those. Its last flag is whether it is recorded. */
const traceParentForm = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-[0-9a-f][13579bdf](-.*)?$/;

/** The trace in a header that anybody may have sent; undefined when it names none, or one that nobody records. */
function recordedTrace(header: string | null): TraceParent | undefined {
  const [, version, hop, more] = traceParentForm.exec(header ?? '') ?? [];
  if (hop === undefined || (version === '00' && more !== undefined)) return undefined;
  return `00-${hop}-01`;
}
