import { existsSync } from 'node:fs';
import type { Server as HttpServer } from 'bun';
import type { Adapters } from '../compose/adapters.ts';
import { ActivityTimes } from '../distribution/activity-times.ts';
import type { CommandConsumer } from '../distribution/command-log-port.ts';
import type { DistributionMetrics } from '../distribution/distribution-metrics.ts';
import { Distributor } from '../distribution/distributor.ts';
import { MailboxJanitor } from '../distribution/mailbox-janitor.ts';
import { Health } from '../gateway/health.ts';
import { HttpGuard } from '../gateway/http-guard.ts';
import { finishRequests, listen } from '../gateway/http-server.ts';
import { closeIdleBeforeLimit } from '../gateway/idle-connections.ts';
import { type SocketData, SocketEndpoint } from '../messaging/socket-endpoint.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { type ClockJump, ClockJumps } from '../platform/clock-jumps.ts';
import { type Ids, systemIds } from '../platform/ids.ts';
import { failureReporter, logOf } from '../platform/log.ts';
import { createMetrics, serveMetrics } from '../platform/metrics.ts';
import { reasonOf } from '../platform/reasons.ts';
import { Tracing } from '../platform/tracing.ts';
import { pause } from '../platform/waiting.ts';
import { unitsPerTurn, WorkTurns } from '../platform/work-turns.ts';
import { BadSetting } from '../settings/bad-setting.ts';
import type { Config } from '../settings/settings.ts';
import { Edge } from './edge.ts';
import { measureDisk, measureDistribution, measureServices } from './queue-metrics.ts';
import { clockJumpMetric, counted, distributionMetrics } from './server-metrics.ts';
import { TermsRefresh } from './terms-refresh.ts';

/** One process with the parts of its roles, over the adapters that it was given. */
export class Server {
  private readonly metrics = createMetrics();
  private readonly health: Health;
  /** Null in a process that distributes alone. */
  private readonly edge: Edge | null;
  private readonly distributor: Distributor | null;
  private consumer: CommandConsumer | null = null;
  private janitor: MailboxJanitor | null = null;
  private termsRefresh: TermsRefresh | null = null;
  private activityTimes: ActivityTimes | null = null;
  private readonly clockJumps: ClockJumps;
  private readonly guard: HttpGuard;
  private http: HttpServer<SocketData> | null = null;
  private stopClosingIdle: () => void = () => undefined;
  private metricsServer: HttpServer<undefined> | null = null;

  constructor(
    private readonly adapters: Adapters,
    private readonly config: Config,
    private readonly clock: Clock = systemClock,
    ids: Ids = systemIds,
  ) {
    const { commandLog, history, conversations, registry, mailboxes, checks } = adapters;
    const { metrics } = this;
    const tracing = new Tracing(adapters.hops);
    const isBounded = config['rate-limits'] === 'on';
    const turns = new WorkTurns(isBounded ? unitsPerTurn : Number.POSITIVE_INFINITY);
    this.guard = new HttpGuard(clock, turns, isBounded);
    counted(
      metrics,
      'parley_http_requests_refused_total',
      'Requests above the bounds of their connection or address.',
      () => this.guard.refused,
    );
    // Other processes of a cluster lack the same services: sending people to those instead would help nobody.
    this.health = new Health(checks, clock, { failedChecks: config.shape === 'cluster' ? 'are told' : 'are fatal' });
    measureServices(metrics, adapters, this.health);
    if (config.shape === 'embedded' && existsSync(config.data)) measureDisk(metrics, config.data);
    const meetsPeople = config.roles.has('gateway') || config.roles.has('messaging');
    const publish = (topic: string, text: string) => this.http?.publish(topic, text);
    this.edge = meetsPeople ? new Edge({ adapters, config, metrics, tracing, turns, publish, clock, ids }) : null;
    const countJump = clockJumpMetric(metrics);
    this.clockJumps = new ClockJumps(clock, (jump) => {
      countJump(jump.byMs);
      this.clockWasSet(jump);
    });
    this.distributor = config.roles.has('distribution')
      ? new Distributor({
          ...{ commandLog, history, conversations, registry, mailboxes, clock, tracing },
          metrics: this.distributionMetrics(),
          clockJumps: this.clockJumps,
        })
      : null;
    if (this.distributor) measureDistribution(metrics, () => this.consumer, clock);
  }

  /** Where the server can be reached. */
  get url(): string {
    if (!this.http) throw new Error('the server has not started');
    const { hostname, port } = this.http;
    return `http://${hostname === '127.0.0.1' || hostname === '0.0.0.0' ? 'localhost' : hostname}:${port}`;
  }

  /** Answers whoever may open the control socket: the API, without having to log in. */
  control(request: Request): Response | Promise<Response> {
    if (!this.edge) return new Response('A process that distributes alone has no API.\n', { status: 404 });
    return this.edge.controlApi.fetch(request, { address: '', isFromThisMachine: true });
  }

  /** Resolves when this process does what its roles say. */
  async start(): Promise<void> {
    await this.edge?.start();
    if (this.distributor) await this.distribute(this.distributor);
    const { config, edge, health, guard } = this;
    const { host, port, roles } = config;
    this.http = listening(`--host, --port: ${host}:${port}`, () =>
      listen(
        {
          health,
          guard,
          api: edge && roles.has('gateway') ? edge.api : null,
          sockets: edge && roles.has('messaging') ? this.socketEndpoint(edge) : null,
        },
        { host, port, trustedProxies: config['trusted-proxies'] },
      ),
    );
    this.stopClosingIdle = closeIdleBeforeLimit(this.http, this.clock);
    const { 'metrics-host': metricsHost, 'metrics-port': metricsPort } = config;
    if (metricsPort !== 'off') {
      this.metricsServer = listening(`--metrics-host, --metrics-port: ${metricsHost}:${metricsPort}`, () =>
        serveMetrics(this.metrics, { host: metricsHost, port: metricsPort }),
      );
    }
    health.ready();
  }

  /** Says so first, sends everybody away, finishes what is under way, and lets go of everything. */
  async stop(): Promise<void> {
    const { config, clock } = this;
    this.health.draining();
    if (config['drain-notice-ms'] > 0) await pause(clock, config['drain-notice-ms']);
    await this.edge?.messaging.drain(config['drain-ms']);
    if (this.http) await finishRequests(this.http, clock);
    this.stopClosingIdle();
    this.guard.stop();
    await this.edge?.stop();
    this.janitor?.stop();
    await this.termsRefresh?.stop();
    this.activityTimes?.stop();
    this.clockJumps.stop();
    await this.consumer?.close();
    await this.metricsServer?.stop(true);
    await this.adapters.close();
  }

  private async distribute(distributor: Distributor): Promise<void> {
    const { registry, mailboxes, users, conversations } = this.adapters;
    const consumer = await distributor.run();
    this.consumer = consumer;
    const reportFailure = failureReporter('distribution');
    this.janitor = new MailboxJanitor(registry, mailboxes, this.clock, reportFailure);
    this.termsRefresh = new TermsRefresh([users, conversations], this.clock, failureReporter('search terms'));
    this.termsRefresh.start();
    this.activityTimes = new ActivityTimes({
      ...{ history: this.adapters.history, clock: this.clock, reportFailure },
      owned: () => consumer.owned,
      settled: (count) => logOf('distribution').warn('{count} conversations were dated ahead', { count }),
    });
  }

  /** Those for Prometheus; times that are ahead are looked for when an entry shows that there are some. */
  private distributionMetrics(): DistributionMetrics {
    const metrics = distributionMetrics(this.metrics);
    return {
      ...metrics,
      datedBack: (entries) => {
        metrics.datedBack(entries);
        this.activityTimes?.entryWasAhead();
      },
    };
  }

  private clockWasSet({ byMs, withinMs }: ClockJump): void {
    const seconds = Math.abs(byMs) / 1_000;
    const direction = byMs > 0 ? 'ahead' : 'back';
    logOf('server').warn('The clock of this machine went {direction} by {seconds} s', { direction, seconds });
    if (byMs < 0) this.activityTimes?.clockWentBack({ withinMs });
  }

  private socketEndpoint(edge: Edge): SocketEndpoint {
    const bounds = {
      connectionsMax: this.config['max-connections'],
      connectionsPerAddressMax: this.config['max-connections-per-address'],
    };
    return new SocketEndpoint(() => edge.messaging, bounds, edge.messagingMetrics);
  }
}

/** Names the setting when the system doesn't let us listen there. */
function listening<Listener>(setting: string, listen: () => Listener): Listener {
  try {
    return listen();
  } catch (cause) {
    const reason = reasonOf(cause) ?? (cause instanceof Error ? cause.message : cause);
    throw new BadSetting(`${setting} can not be listened on: ${reason}`, { cause });
  }
}
