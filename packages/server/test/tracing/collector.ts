import { type HopName, type TraceParent, traceHeader } from '../../src/platform/tracing.ts';
import { EventWait } from '../support/event-wait.ts';

/** The parts of a span that tests check. */
export interface CollectedSpan {
  name: HopName;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  /** The `parley.*` attributes, without that prefix. */
  facts: Record<string, string>;
  links: { traceId: string; spanId: string }[];
  failed: boolean;
  /** The resource attributes of the process that sent it. */
  resource: Record<string, string>;
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; doubleValue?: number };
}

interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: {
      spans: {
        name: HopName;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        attributes: OtlpAttribute[];
        links?: { traceId: string; spanId: string }[];
        status?: { code?: number };
      }[];
    }[];
  }[];
}

const statusError = 2;

/** An OpenTelemetry collector that only stores what it receives. */
export class Collector {
  readonly spans: CollectedSpan[] = [];
  private readonly received = new EventWait();
  private readonly server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      if (new URL(request.url).pathname !== '/v1/traces') return new Response('', { status: 404 });
      this.take((await request.json()) as OtlpRequest);
      return Response.json({ partialSuccess: {} });
    },
  });

  get endpoint(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** Resolves when the condition holds; checks it whenever spans arrive. Rejects after a minute. */
  async until(isSo: () => boolean, what = String(isSo)): Promise<void> {
    await this.received.until(() => isSo() || undefined, what);
  }

  /** Resolves with the spans of batches that are linked with the trace, once there are some. */
  async shared(traceId: string): Promise<CollectedSpan[]> {
    const found = () =>
      this.spans.filter(({ links, traceId: own }) => own !== traceId && links.some((link) => link.traceId === traceId));
    await this.until(() => found().length > 0, `a batch that is linked with trace ${traceId}`);
    return found();
  }

  /** Resolves with the spans of the trace once it has all of these hops. */
  async trace(traceId: string, names: readonly HopName[]): Promise<CollectedSpan[]> {
    const found = () => this.spans.filter((span) => span.traceId === traceId);
    const isComplete = () => names.every((name) => found().some((span) => span.name === name));
    await this.until(isComplete, `the hops ${names.join(', ')} of trace ${traceId}`);
    return found();
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }

  private take({ resourceSpans }: OtlpRequest): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { name, traceId, spanId, parentSpanId = '', attributes, links = [], status } = span;
        this.spans.push({
          ...{ name, traceId, spanId, parentSpanId, links, failed: status?.code === statusError },
          facts: textsOf(attributes),
          resource: textsOf(resource.attributes),
        });
      }
    }
    this.received.wake();
  }
}

function textsOf(attributes: readonly OtlpAttribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key.replace(/^parley\./, ''), String(Object.values(value)[0])]),
  );
}

/** A trace that another system has begun and records. */
export function foreignTrace(): { traceId: string; header: TraceParent; headers: Record<string, string> } {
  const traceId = crypto.randomUUID().replaceAll('-', '');
  const header = `00-${traceId}-00f067aa0ba902b7-01`;
  return { traceId, header, headers: { [traceHeader]: header } };
}
