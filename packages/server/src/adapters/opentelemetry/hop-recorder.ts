import { type Attributes, DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Hop, HopName, HopRecorder, TraceParent } from '../../platform/tracing.ts';

export interface ExportOptions {
  /** The URL of the collector, without the path: `http://collector:4318`. */
  endpoint: string;
  /** The share of commands without a trace, from 0 to 1, for which a trace is started. */
  ratio: number;
  /** The resource attributes of this process, by their OpenTelemetry names. */
  resource: Attributes;
  /** Called when spans cannot be exported or are too many. */
  report(error: unknown): void;
}

const exportIntervalMs = 1_000;
const exportTimeoutMs = 3_000;

const kinds: Record<HopName, SpanKind> = {
  receive: SpanKind.SERVER,
  append: SpanKind.PRODUCER,
  distribute: SpanKind.CONSUMER,
  decide: SpanKind.CONSUMER,
  deliver: SpanKind.PRODUCER,
  'fan out': SpanKind.CONSUMER,
};

/** Records hops as OpenTelemetry spans and exports them to a collector every second, as OTLP over HTTP. */
export class OpenTelemetryRecorder implements HopRecorder {
  private readonly provider: TracerProvider;

  constructor(private readonly options: ExportOptions) {
    const { endpoint, ratio, resource, report } = options;
    const reported = (message: string) => report(new Error(`OpenTelemetry: ${message}`));
    const ignored = () => undefined;
    diag.setLogger(
      { error: reported, warn: reported, info: ignored, debug: ignored, verbose: ignored },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes(resource),
      sampler: linkedOr(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          scheduledDelayMillis: exportIntervalMs,
          exportTimeoutMillis: exportTimeoutMs,
        }),
      ],
    });
  }

  begin(name: HopName, { from, links = [], facts = {} }: Parameters<HopRecorder['begin']>[1]): Hop {
    const parent = from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(from));
    const options = {
      kind: kinds[name],
      attributes: attributesOf(facts),
      links: links.map((link) => ({ context: spanContextOf(link) })),
    };
    const span = this.provider.getTracer('parley').startSpan(name, options, parent);
    const { traceId, spanId } = span.spanContext();
    return {
      traceParent: span.isRecording() ? `00-${traceId}-${spanId}-01` : undefined,
      end(found = {}) {
        span.setAttributes(attributesOf(found));
        span.end();
      },
      fail(error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        span.end();
      },
    };
  }

  async close(): Promise<void> {
    await this.provider.shutdown().catch(this.options.report);
  }
}

/** A span that several traces share is recorded when one of them is; for all others `other` decides. */
function linkedOr(other: Sampler): Sampler {
  return {
    shouldSample: (...asked) =>
      asked[5].length > 0 ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : other.shouldSample(...asked),
    toString: () => `LinkedOr{${other}}`,
  };
}

function spanContextOf(traceParent: TraceParent) {
  const [, traceId = '', spanId = ''] = traceParent.split('-');
  return { traceId, spanId, traceFlags: 1, isRemote: true };
}

function attributesOf(facts: Readonly<Record<string, string | number>>): Attributes {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`parley.${name}`, value]));
}
