import type { Server as HttpServer } from 'bun';
import type { Adapters } from '../compose/adapters.ts';
import { finishRequests, listen } from '../gateway/http-server.ts';
import { closeIdleBeforeLimit } from '../gateway/idle-connections.ts';
import { type SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createMetrics, serveMetrics } from '../platform/metrics.ts';
import { reasonOf } from '../platform/reasons.ts';
import { pause } from '../platform/waiting.ts';
import { BadSetting } from '../settings/bad-setting.ts';
import type { Config } from '../settings/settings.ts';
import { composeProcess, type ProcessParts } from './compose-process.ts';
import type { Edge } from './edge.ts';
import type { ProcessPorts } from './process-ports.ts';

/** A process that listens: its parts, behind Bun's HTTP and WebSocket server. */
export class Server {
  private readonly parts: ProcessParts;
  private readonly clock: Clock;
  private controlApi: ReturnType<Edge['createControlApi']> | null = null;
  private http: HttpServer<SocketData> | null = null;
  private stopClosingIdle: () => void = () => undefined;
  private metricsServer: HttpServer<undefined> | null = null;

  constructor(
    private readonly config: Config,
    private readonly adapters: Adapters,
    given: Partial<Pick<ProcessPorts, 'clock' | 'argon2'>> = {},
  ) {
    this.clock = given.clock ?? systemClock;
    this.parts = composeProcess(config, adapters, {
      ...given,
      metrics: createMetrics(),
      publish: (topic, text) => this.http?.publish(topic, text),
    });
  }

  /** The URL of the server. */
  get url(): string {
    if (!this.http) throw new Error('the server has not started');
    const { hostname, port } = this.http;
    return `http://${hostname === '127.0.0.1' || hostname === '0.0.0.0' ? 'localhost' : hostname}:${port}`;
  }

  /** Answers a request on the control socket with the API without sessions. */
  control(request: Request): Response | Promise<Response> {
    const { edge } = this.parts;
    if (!edge) return new Response('A process without the roles gateway and messaging has no API.\n', { status: 404 });
    this.controlApi ??= edge.createControlApi();
    return this.controlApi.fetch(request, { address: '', isFromThisMachine: true });
  }

  /** Resolves when this process performs its roles and listens. */
  async start(): Promise<void> {
    const { config, parts } = this;
    await parts.start();
    const { edge, health, guard } = parts;
    const { host, port, roles } = config;
    this.http = listening(`--host, --port: ${host}:${port}`, () =>
      listen(
        {
          health,
          guard,
          api: edge?.api ?? null,
          sockets: edge && roles.has('messaging') ? this.socketEndpoint(edge) : null,
        },
        { host, port, trustedProxies: config['trusted-proxies'] },
      ),
    );
    this.stopClosingIdle = closeIdleBeforeLimit(this.http, this.clock);
    const { 'metrics-host': metricsHost, 'metrics-port': metricsPort } = config;
    if (metricsPort !== 'off') {
      this.metricsServer = listening(`--metrics-host, --metrics-port: ${metricsHost}:${metricsPort}`, () =>
        serveMetrics(parts.metrics, { host: metricsHost, port: metricsPort }),
      );
    }
    health.ready();
  }

  /** Answers /readyz with "draining", disconnects the clients, finishes their requests, and stops the parts. */
  async stop(): Promise<void> {
    const { config, clock, parts } = this;
    parts.health.draining();
    if (config['drain-notice-ms'] > 0) await pause(clock, config['drain-notice-ms']);
    await parts.edge?.messaging.drain(config['drain-ms']);
    if (this.http) await finishRequests(this.http, clock);
    this.stopClosingIdle();
    await parts.stop();
    await this.metricsServer?.stop(true);
    await this.adapters.close();
  }

  private socketEndpoint(edge: Edge): SocketEndpoint {
    const bounds = {
      connectionsMax: this.config['max-connections'],
      connectionsPerAddressMax: this.config['max-connections-per-address'],
    };
    return new SocketEndpoint(() => edge.messaging, bounds, edge.messagingMetrics);
  }
}

/** Names the setting when the operating system refuses to listen there. */
function listening<Listener>(setting: string, listen: () => Listener): Listener {
  try {
    return listen();
  } catch (cause) {
    const reason = reasonOf(cause) ?? (cause instanceof Error ? cause.message : cause);
    throw new BadSetting(`${setting} cannot be listened on: ${reason}`, { cause });
  }
}
