import { expect, test } from 'bun:test';
import { freePort } from '../../../../tools/free-port.mjs';
import { createMetrics, serveMetrics } from '../../src/platform/metrics.ts';
import { RunningServer } from '../support/running-server.ts';
import { startApi } from './api-under-test.ts';

test('requests are counted by operation and status, refused ones included', async () => {
  const api = await startApi();
  await api.call('getServer', {});
  await api.call('getServer', {});
  await api.call('getAccount', {});
  await api.fetch('/nothing');
  const text = await api.metrics.metrics();
  const counts = text.split('\n').filter((line) => line.startsWith('parley_http_request_duration_seconds_count'));
  expect(counts).toEqual([
    'parley_http_request_duration_seconds_count{operation="getServer",status="200"} 2',
    'parley_http_request_duration_seconds_count{operation="getAccount",status="401"} 1',
  ]);
  await api.close();
});

test('the metrics of the process are served to Prometheus, and nothing else is', async () => {
  const server = serveMetrics(createMetrics(), { host: '127.0.0.1', port: 0 });
  const answer = await fetch(new URL('/metrics', server.url));
  expect(answer.headers.get('content-type')).toStartWith('text/plain; version=');
  const text = await answer.text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  expect(figure('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  expect(figure('process_cpu_seconds_total')).toBePositive();
  expect(figure('process_start_time_seconds')).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000));
  expect(figure('process_open_fds')).toBeGreaterThan(2);
  expect(figure('parley_event_loop_delay_seconds')).toBeGreaterThanOrEqual(0);
  expect((await fetch(server.url)).status).toBe(404);
  await server.stop(true);
});

test('the metrics are served on the configured address, and on no other', async () => {
  const port = String(await freePort());
  const server = await RunningServer.start({ 'metrics-host': '127.0.0.2', 'metrics-port': port });
  const text = await (await fetch(`http://127.0.0.2:${port}/metrics`)).text();
  expect(text).toContain('\nparley_connections 0\n');
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  await server.stop();
});
