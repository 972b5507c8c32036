import type { OperationId } from '@parley/protocol';
import { Histogram, type Registry } from 'prom-client';

/** The metrics of the gateway. */
export interface RequestMetrics {
  /** One request was answered, successfully or with a problem. */
  requestDone(request: { operationId: OperationId; status: number; durationMs: number }): void;
}

export const noRequestMetrics: RequestMetrics = { requestDone: () => undefined };

/** From a read out of memory up to the timeout of requests to other services. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export function requestMetrics(registry: Registry): RequestMetrics {
  const durations = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'The time from the arrival of a request to its answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: bucketsSeconds,
    registers: [registry],
  });
  return {
    requestDone: ({ operationId, status, durationMs }) =>
      durations.observe({ operation: operationId, status }, durationMs / 1_000),
  };
}
