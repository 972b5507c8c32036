import type { Server as HttpServer } from 'bun';
import type { Adapters } from '../compose/adapters.ts';
import { bunServe, finishRequests, listen, type Serve } from '../gateway/http-server.ts';
import { closeIdleBeforeLimit } from '../gateway/idle-connections.ts';
import { type SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { failureReporter } from '../platform/log.ts';
import { createMetrics, serveMetrics } from '../platform/metrics.ts';
import { reasonOf } from '../platform/reasons.ts';
import { pause } from '../platform/waiting.ts';
import { BadSetting } from '../settings/bad-setting.ts';
import type { Config } from '../settings/settings.ts';
import { composeProcess, type ProcessParts } from './compose-process.ts';
import type { Edge } from './edge.ts';
import type { ProcessPorts } from './process-ports.ts';

const reportFailure = failureReporter('server');

/** What a process that listens uses besides the adapters. */
export interface ServerPorts extends Omit<ProcessPorts, 'publish'> {
  serve: Serve;
}

/** A process that listens: its parts, behind Bun's HTTP and WebSocket server. */
export class Server {
  private readonly parts: ProcessParts;
  private readonly clock: Clock;
  private readonly serve: Serve;
  private controlApi: ReturnType<Edge['createControlApi']> | null = null;
  private http: HttpServer<SocketData> | null = null;
  private stopClosingIdle: () => void = () => undefined;
  private metricsServer: HttpServer<undefined> | null = null;

  constructor(
    private readonly config: Config,
    private readonly adapters: Adapters,
    { serve = bunServe, ...given }: Partial<ServerPorts> = {},
  ) {
    this.clock = given.clock ?? systemClock;
    this.serve = serve;
    this.parts = composeProcess(config, adapters, {
      ...given,
      metrics: given.metrics ?? createMetrics(),
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

  /** Resolves when this process performs its roles and listens. Closes everything, also the adapters, when that fails. */
  async start(): Promise<void> {
    try {
      await this.startParts();
    } catch (error) {
      await this.close().catch(reportFailure);
      throw error;
    }
  }

  private async startParts(): Promise<void> {
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
        this.serve,
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
    await closeInOrder(
      () => (config['drain-notice-ms'] > 0 ? pause(clock, config['drain-notice-ms']) : undefined),
      () => parts.edge?.messaging.drain(config['drain-ms']),
      () => this.close(),
    );
  }

  private async close(): Promise<void> {
    const { http, clock, parts } = this;
    await closeInOrder(
      () => http && finishRequests(http, clock),
      () => this.stopClosingIdle(),
      () => parts.stop(),
      () => this.metricsServer?.stop(true),
      () => this.adapters.close(),
    );
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
