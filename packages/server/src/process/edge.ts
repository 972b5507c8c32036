import type { ServerStats } from '@parley/protocol';
import type { Registry } from 'prom-client';
import type { Adapters } from '../compose/adapters.ts';
import { Signals } from '../connections/signals.ts';
import { CommandSubmitter } from '../distribution/submitter.ts';
import { Admission, noRateLimits } from '../gateway/admission.ts';
import { createApi } from '../gateway/app.ts';
import { authoriseAtTheMachine, authoriseBySession } from '../gateway/authorisation.ts';
import { createHandlers } from '../gateway/handlers.ts';
import { referenceRoutes } from '../gateway/reference/routes.ts';
import { requestMetrics } from '../gateway/request-metrics.ts';
import { webRoutes } from '../gateway/web/routes.ts';
import { addressWork } from '../messaging/flow-control.ts';
import { Messaging } from '../messaging/messaging.ts';
import type { MessagingMetrics } from '../messaging/messaging-metrics.ts';
import type { Publish } from '../messaging/socket.ts';
import { ConversationReads } from '../operations/conversation-reads.ts';
import { Conversations } from '../operations/conversations.ts';
import { Messages } from '../operations/messages.ts';
import { ReadReceipts } from '../operations/read-receipts.ts';
import type { Clock } from '../platform/clock.ts';
import { EnabledFeatures } from '../platform/enabled-features.ts';
import type { Ids } from '../platform/ids.ts';
import { failureReporter } from '../platform/log.ts';
import type { Tracing } from '../platform/tracing.ts';
import { version } from '../platform/version.ts';
import { WorkBudgets } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import type { Config } from '../settings/settings.ts';
import { Accounts } from '../users/accounts.ts';
import { Administration } from '../users/administration.ts';
import { PasswordHashing } from '../users/password-hashing.ts';
import { People } from '../users/people.ts';
import { SessionLife } from '../users/session-life.ts';
import { SessionUpkeep } from '../users/session-upkeep.ts';
import { measureEdge } from './queue-metrics.ts';
import { messagingMetrics, submitMetrics } from './server-metrics.ts';

const dayMs = 86_400_000;

interface EdgeOptions {
  adapters: Adapters;
  config: Config;
  metrics: Registry;
  tracing: Tracing;
  turns: WorkTurns;
  publish: Publish;
  clock: Clock;
  ids: Ids;
}

/**
 * What people meet of a process: the API, the sockets, or both. A process without sockets has a place in the registry
 * and a mailbox too: the outcomes of its commands come there.
 */
export class Edge {
  readonly messaging: Messaging;
  readonly messagingMetrics: MessagingMetrics;
  readonly api: ReturnType<typeof createApi>;
  /** The API as whoever may open the control socket uses it. */
  readonly controlApi: ReturnType<typeof createApi>;
  private readonly enabled: EnabledFeatures;
  private readonly submitter: CommandSubmitter;
  private readonly sessionUpkeep: SessionUpkeep;
  private readonly startedAtMs: number;

  constructor(private readonly options: EdgeOptions) {
    const { adapters, config, metrics, tracing, turns, clock, ids } = options;
    const { users, conversations: store, history, registry, mailboxes, commandLog } = adapters;
    this.startedAtMs = clock.nowMs();
    this.messagingMetrics = messagingMetrics(metrics);
    this.enabled = new EnabledFeatures(adapters.featureLevel, clock, failureReporter('features'));
    const { enabled } = this;
    this.submitter = new CommandSubmitter({
      serverId: () => this.messaging.serverId,
      log: commandLog,
      ...{ clock, ids, tracing, enabled, metrics: submitMetrics(metrics) },
    });
    const signals = new Signals(registry, mailboxes);
    const isBounded = config['rate-limits'] === 'on';
    const admission = new Admission(isBounded ? adapters.rateLimits : noRateLimits);
    const passwords = new PasswordHashing();
    const days = config['session-days'];
    const sessionLife = new SessionLife(clock, days === 'off' || days === 0 ? null : days * dayMs);
    const accounts = new Accounts(users, passwords, signals, clock, ids, config.signup, sessionLife);
    const reads = new ConversationReads(store, users, registry);
    const receipts = new ReadReceipts(store, history, signals);
    const messages = new Messages(history, store, this.submitter, adapters.isCatchingUp);
    this.messaging = new Messaging({
      ...{ registry, mailboxes, history, conversations: store, messages, reads, receipts, admission, clock, ids },
      ...{ tracing, turns, enabled, metrics: this.messagingMetrics },
      addressBudgets: isBounded ? new WorkBudgets(addressWork, clock) : null,
      submitter: this.submitter,
      authenticate: (token) => accounts.authenticate(token),
      isOpen: (caller) => accounts.isOpen(caller),
      publish: options.publish,
      reportFailure: failureReporter('messaging'),
    });
    this.sessionUpkeep = new SessionUpkeep({
      ...{ users, life: sessionLife, clock },
      openSessions: () => this.messaging.openSessions(),
      reportFailure: failureReporter('users'),
    });
    const handlers = createHandlers({
      version,
      accounts,
      people: new People(users, registry),
      administration: new Administration(users, accounts, passwords, clock, ids, () => this.stats()),
      conversations: new Conversations(this.submitter, reads, users, ids),
      reads,
      receipts,
      messages,
      admission,
    });
    this.api = createApi(handlers, authoriseBySession(accounts, admission), {
      reference: referenceRoutes(version),
      web: webRoutes(),
      allowedOrigins: config['allowed-origins'],
      metrics: requestMetrics(metrics),
      clock,
      tracing,
    });
    this.controlApi = createApi(handlers, authoriseAtTheMachine);
    const { messaging, submitter } = this;
    measureEdge(metrics, { messaging, submitter, commandLog }, config['max-connections']);
  }

  /** Resolves when commands can be submitted and people taken in. */
  async start(): Promise<void> {
    await this.enabled.start();
    await this.messaging.start();
    this.sessionUpkeep.start();
  }

  /** Ends what is still held after the sockets were drained and the last request answered. */
  async stop(): Promise<void> {
    await this.sessionUpkeep.stop();
    await this.messaging.stop();
    this.enabled.stop();
    this.submitter.close();
  }

  private async stats(): Promise<ServerStats> {
    const { adapters } = this.options;
    const [totals, onlineUsers] = await Promise.all([adapters.totals.read(), adapters.registry.onlineCount()]);
    return { version, startedAtMs: this.startedAtMs, onlineUsers, connections: this.messaging.connections, ...totals };
  }
}
