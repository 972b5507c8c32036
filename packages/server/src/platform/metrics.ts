import type { Server } from 'bun';
import { Registry } from 'prom-client';
import { watchProcess } from './metrics-process.ts';

/** A registry with the metrics of the process. */
export function createMetrics(): Registry {
  const registry = new Registry();
  watchProcess(registry);
  return registry;
}

/** Serves `/metrics` for Prometheus on a separate port, because it is for the operator, not for the public. */
export function serveMetrics(registry: Registry, { host, port }: { host: string; port: number }): Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    async fetch(request) {
      if (new URL(request.url).pathname !== '/metrics')
        return new Response('This port serves only /metrics.\n', { status: 404 });
      return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
    },
  });
}
