import type { ServerStats } from '@parley/protocol';
import type { Server as HttpServer } from 'bun';
import type { Adapters } from './compose.ts';
import { Signals } from './connections/signals.ts';
import { ConversationReads } from './conversations/conversation-reads.ts';
import { Conversations } from './conversations/conversations.ts';
import { ReadReceipts } from './conversations/read-receipts.ts';
import type { CommandConsumer } from './distribution/command-log-port.ts';
import { Distributor } from './distribution/distributor.ts';
import { CommandSubmitter } from './distribution/submitter.ts';
import { Admission, noRateLimits } from './gateway/admission.ts';
import { createApi } from './gateway/app.ts';
import { authoriseAtTheMachine, authoriseBySession } from './gateway/authorisation.ts';
import { createHandlers } from './gateway/handlers.ts';
import { Health } from './gateway/health.ts';
import { listen } from './gateway/http-server.ts';
import { referenceRoutes } from './gateway/reference/routes.ts';
import { requestMetrics } from './gateway/request-metrics.ts';
import { Messages } from './history/messages.ts';
import { Messaging } from './messaging/messaging.ts';
import { type SocketData, SocketEndpoint } from './messaging/socket-endpoint.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { type Ids, systemIds } from './platform/ids.ts';
import { failureReporter } from './platform/log.ts';
import { createMetrics, serveMetrics } from './platform/metrics.ts';
import { distributionMetrics, measure } from './server-metrics.ts';
import { BadSetting, type Config } from './settings.ts';
import { Accounts } from './users/accounts.ts';
import { Administration } from './users/administration.ts';
import { PasswordHashing } from './users/password-hashing.ts';
import { People } from './users/people.ts';
import { version } from './version.ts';

/** One server with all its parts, over the adapters that it was given. */
export class Server {
  private readonly metrics = createMetrics();
  private readonly health: Health;
  private readonly submitter: CommandSubmitter;
  private readonly messaging: Messaging;
  private readonly distributor: Distributor;
  private consumer: CommandConsumer | null = null;
  private http: HttpServer<SocketData> | null = null;
  private metricsServer: HttpServer<undefined> | null = null;
  private readonly startedAtMs: number;
  private readonly api: ReturnType<typeof createApi>;
  /** The API as whoever may open the control socket uses it. */
  readonly controlApi: ReturnType<typeof createApi>;

  constructor(
    private readonly adapters: Adapters,
    private readonly config: Config,
    clock: Clock = systemClock,
    ids: Ids = systemIds,
  ) {
    const { users, conversations: store, history, registry, mailboxes, commandLog } = adapters;
    this.startedAtMs = clock.nowMs();
    this.health = new Health({ database: () => users.isEmpty() }, clock);
    this.submitter = new CommandSubmitter(() => this.messaging.serverId, commandLog, clock, ids);
    const signals = new Signals(registry, mailboxes);
    const admission = new Admission(config['rate-limits'] === 'on' ? adapters.rateLimits : noRateLimits);
    const passwords = new PasswordHashing();
    const accounts = new Accounts(users, passwords, signals, clock, ids, config.signup);
    const reads = new ConversationReads(store, users, registry);
    const receipts = new ReadReceipts(store, history, signals);
    const messages = new Messages(history, store, this.submitter);
    const services = {
      version,
      accounts,
      people: new People(users, registry),
      administration: new Administration(users, accounts, passwords, clock, ids, () => this.stats()),
      conversations: new Conversations(this.submitter, reads, users, ids),
      reads,
      receipts,
      messages,
      admission,
    };
    this.messaging = new Messaging({
      ...{ registry, mailboxes, history, conversations: store, messages, reads, receipts, admission, clock, ids },
      submitter: this.submitter,
      authenticate: (token) => accounts.authenticate(token),
      publish: (topic, text) => this.http?.publish(topic, text),
      reportFailure: failureReporter('messaging'),
    });
    this.distributor = new Distributor({
      ...{ commandLog, history, conversations: store, registry, mailboxes, clock },
      metrics: distributionMetrics(this.metrics),
    });
    const handlers = createHandlers(services);
    this.api = createApi(handlers, authoriseBySession(accounts, admission), {
      reference: referenceRoutes(version),
      allowedOrigins: config['allowed-origins'],
      metrics: requestMetrics(this.metrics),
      clock,
    });
    this.controlApi = createApi(handlers, authoriseAtTheMachine);
    this.measureQueues();
  }

  /** Where the server can be reached. */
  get url(): string {
    if (!this.http) throw new Error('the server has not started');
    const { hostname, port } = this.http;
    return `http://${hostname === '127.0.0.1' || hostname === '0.0.0.0' ? 'localhost' : hostname}:${port}`;
  }

  /** Resolves when people can be served. */
  async start(): Promise<void> {
    const { config } = this;
    await this.messaging.start();
    this.consumer = await this.distributor.run();
    const endpoint = new SocketEndpoint(() => this.messaging, {
      connectionsMax: config['max-connections'],
      connectionsPerAddressMax: config['max-connections-per-address'],
    });
    const { host, port } = config;
    this.http = listening(`--host, --port: ${host}:${port}`, () =>
      listen(this.api, endpoint, this.health, { host, port, trustedProxies: config['trusted-proxies'] }),
    );
    const metricsPort = config['metrics-port'];
    if (metricsPort !== 'off') {
      this.metricsServer = listening(`--metrics-port: ${metricsPort}`, () =>
        serveMetrics(this.metrics, { host: '127.0.0.1', port: metricsPort }),
      );
    }
    this.health.ready();
  }

  /** Sends everybody away, finishes what is under way, and lets go of everything. */
  async stop(): Promise<void> {
    this.health.draining();
    await this.messaging.stop(this.config['drain-ms']);
    await this.http?.stop(true);
    await this.metricsServer?.stop(true);
    await this.consumer?.close();
    this.submitter.close();
    await this.adapters.close();
  }

  private measureQueues(): void {
    const { metrics, messaging, submitter } = this;
    measure(metrics, 'parley_connections', 'Sockets that are open.', () => messaging.connections);
    measure(metrics, 'parley_users_here', 'Users with a connection to this server.', () => messaging.roster.users);
    measure(metrics, 'parley_commands_in_flight', 'Commands whose outcome is awaited.', () => submitter.inFlight);
  }

  private async stats(): Promise<ServerStats> {
    const { startedAtMs } = this;
    const [totals, onlineUsers] = await Promise.all([
      this.adapters.totals.read(),
      this.adapters.registry.onlineCount(),
    ]);
    return { version, startedAtMs, onlineUsers, connections: this.messaging.connections, ...totals };
  }
}

/** Names the setting when the system doesn't let us listen there. */
function listening<Listener>(setting: string, listen: () => Listener): Listener {
  try {
    return listen();
  } catch (cause) {
    throw new BadSetting(`${setting} can not be listened on: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
