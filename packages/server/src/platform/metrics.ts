import type { Server } from 'bun';
import { Registry } from 'prom-client';
import { watchProcess } from './metrics-process.ts';

/** A registry of measurements, with those of the process in it. */
export function createMetrics(): Registry {
  const registry = new Registry();
  watchProcess(registry);
  return registry;
}

/** Answers `/metrics` for Prometheus, on a port of its own: it is for whoever runs the server, not for the public. */
export function serveMetrics(registry: Registry, { host, port }: { host: string; port: number }): Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    async fetch(request) {
      if (new URL(request.url).pathname !== '/metrics')
        return new Response('Only /metrics is here.\n', { status: 404 });
      return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
    },
  });
}
