import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the process, under Prometheus's standard names; the ones of prom-client are wrong on Bun (#34068). */
export function watchProcess(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const startedSeconds = Date.now() / 1_000 - process.uptime();
  gauge('process_start_time_seconds', 'When the process started, since the Unix epoch.', () => startedSeconds);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(cpuSeconds());
    },
  });
  gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss());
  gauge('process_heap_bytes', 'Memory in use by JavaScript values.', () => process.memoryUsage().heapUsed);
  gauge('process_open_fds', 'Open files and sockets.', openFiles);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  gauge('parley_event_loop_delay_seconds', 'The longest delay of the event loop since the last scrape.', () => {
    const longest = delay.max / 1e9;
    delay.reset();
    return longest;
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** 0 where the system does not report it. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
