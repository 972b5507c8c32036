import type { ServerStats } from '@parley/protocol';
import type { Adapters } from '../compose/adapters.ts';
import { Signals } from '../connections/signals.ts';
import { CommandSubmitter } from '../distribution/submitter.ts';
import { FollowerAdministration } from '../followers/follower-administration.ts';
import { Admission } from '../gateway/admission.ts';
import { createApi } from '../gateway/app.ts';
import { authoriseAtTheMachine, authoriseBySession } from '../gateway/authorisation.ts';
import { createHandlers, type Services } from '../gateway/handlers.ts';
import { referenceRoutes } from '../gateway/reference/routes.ts';
import { requestMetrics } from '../gateway/request-metrics.ts';
import { webRoutes } from '../gateway/web/routes.ts';
import { addressWork } from '../messaging/flow-control.ts';
import { Messaging } from '../messaging/messaging.ts';
import type { MessagingMetrics } from '../messaging/messaging-metrics.ts';
import { Amendments } from '../operations/amendments.ts';
import { ConversationReads } from '../operations/conversation-reads.ts';
import { Conversations } from '../operations/conversations.ts';
import { Messages } from '../operations/messages.ts';
import { ReadReceipts } from '../operations/read-receipts.ts';
import { ServerSettings } from '../operations/server-settings.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { EnabledFeatures } from '../platform/enabled-features.ts';
import type { Tracing } from '../platform/tracing.ts';
import { version } from '../platform/version.ts';
import { WorkBudgets } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import type { Config } from '../settings/settings.ts';
import { Accounts } from '../users/accounts.ts';
import { Administration } from '../users/administration.ts';
import { EndedSessions } from '../users/ended-sessions.ts';
import { PasswordHashing } from '../users/password-hashing.ts';
import { People } from '../users/people.ts';
import { SessionLife } from '../users/session-life.ts';
import { SessionUpkeep } from '../users/session-upkeep.ts';
import type { ProcessPorts } from './process-ports.ts';
import { measureEdge } from './queue-metrics.ts';
import { messagingMetrics, submitMetrics } from './server-metrics.ts';

const dayMs = 86_400_000;

interface EdgeOptions {
  adapters: Adapters;
  config: Config;
  tracing: Tracing;
  turns: WorkTurns;
  ports: ProcessPorts;
}

/**
 * The roles `gateway` and `messaging`: serves the API, the sockets, or both. A process without sockets is also in the
 * registry and has a mailbox, which receives the outcomes of its commands.
 */
export class Edge {
  readonly messaging: Messaging;
  readonly messagingMetrics: MessagingMetrics;
  readonly services: Services;
  /** Null without the role `gateway`. */
  readonly api: ReturnType<typeof createApi> | null;
  private readonly handlers: ReturnType<typeof createHandlers>;
  private readonly enabled: EnabledFeatures;
  private readonly submitter: CommandSubmitter;
  private readonly sessionUpkeep: SessionUpkeep;
  private readonly endedSessions: EndedSessions;
  private readonly startedAtMs: number;

  constructor(private readonly options: EdgeOptions) {
    const { adapters, config, tracing, turns, ports } = options;
    const { clock, ids, metrics, publish, failureReporter } = ports;
    const { users, conversations: store, history, registry, mailboxes, commandLog } = adapters;
    this.startedAtMs = clock.nowMs();
    this.messagingMetrics = messagingMetrics(metrics);
    this.enabled = new EnabledFeatures(adapters.featureLevel, clock, failureReporter('features'));
    const { enabled } = this;
    const serverId = () => this.messaging.serverId;
    this.submitter = new CommandSubmitter(
      { ...{ clock, tracing, enabled, serverId }, log: commandLog, metrics: submitMetrics(metrics) },
      ports.submitBounds,
    );
    const signals = new Signals(registry, mailboxes, failureReporter('signals'));
    const isBounded = config['rate-limits'] === 'on';
    const admission = new Admission(isBounded ? adapters.rateLimits : null);
    const passwords = new PasswordHashing(ports.argon2);
    const days = config['session-days'];
    const sessionLife = new SessionLife(clock, days === 'off' || days === 0 ? null : days * dayMs);
    const accounts = new Accounts(users, passwords, signals, clock, ids, config.signup, sessionLife);
    const reads = new ConversationReads(store, users, registry);
    const receipts = new ReadReceipts(store, history, signals);
    const messages = new Messages(history, store, this.submitter, adapters.findCatchingUp);
    const settings = new ServerSettings(adapters.serverSettings, clock);
    const amendments = new Amendments({
      ...{ history, conversations: store, users, registry, settings, clock, enabled },
      submitter: this.submitter,
    });
    this.messaging = new Messaging({
      ...{ registry, mailboxes, history, conversations: store, messages, amendments, reads, receipts, admission },
      ...{ clock, ids, tracing, turns, enabled, metrics: this.messagingMetrics },
      addressBudgets: isBounded ? new WorkBudgets(addressWork, clock) : null,
      submitter: this.submitter,
      authenticate: (token) => accounts.authenticate(token),
      isOpen: (caller) => accounts.isOpen(caller),
      publish,
      reportFailure: failureReporter('messaging'),
    });
    const sessions = {
      ...{ users, clock, reportFailure: failureReporter('users') },
      openSessions: () => this.messaging.openSessions(),
    };
    this.sessionUpkeep = new SessionUpkeep({ ...sessions, life: sessionLife });
    this.endedSessions = new EndedSessions({
      ...sessions,
      close: (userId, sessionId) => this.messaging.closeSession(userId, sessionId),
    });
    this.services = {
      version,
      accounts,
      people: new People(users, registry),
      administration: new Administration(users, accounts, passwords, clock, ids, () => this.stats()),
      settings,
      followers: new FollowerAdministration(adapters.followerStates),
      conversations: new Conversations(this.submitter, reads, users, ids),
      reads,
      receipts,
      messages,
      amendments,
      admission,
    };
    this.handlers = createHandlers(this.services);
    this.api = config.roles.has('gateway') ? this.createApi() : null;
    const { messaging, submitter } = this;
    measureEdge(metrics, { messaging, submitter, commandLog }, config['max-connections']);
  }

  /** Resolves when commands can be submitted and clients can connect. */
  async start(): Promise<void> {
    await this.enabled.start();
    await this.messaging.start();
    this.sessionUpkeep.start();
  }

  /** Stops the remaining parts after the sockets were drained and the last request was answered. */
  async stop(): Promise<void> {
    await closeInOrder(
      () => this.sessionUpkeep.stop(),
      () => this.endedSessions.stop(),
      () => this.messaging.stop(),
      () => this.enabled.stop(),
      () => this.submitter.close(),
    );
  }

  /**
   * Creates the API for the control socket, which needs no session: its file's permissions admit only administrators.
   */
  createControlApi(): ReturnType<typeof createApi> {
    return createApi(this.handlers, authoriseAtTheMachine);
  }

  private createApi(): ReturnType<typeof createApi> {
    const { config, tracing, ports } = this.options;
    const { accounts, admission } = this.services;
    return createApi(this.handlers, authoriseBySession(accounts, admission), {
      reference: referenceRoutes(),
      web: webRoutes(),
      allowedOrigins: config['allowed-origins'],
      metrics: requestMetrics(ports.metrics),
      clock: ports.clock,
      tracing,
    });
  }

  private async stats(): Promise<ServerStats> {
    const { adapters } = this.options;
    const [totals, onlineUsers] = await Promise.all([adapters.totals.read(), adapters.registry.onlineCount()]);
    return { version, startedAtMs: this.startedAtMs, onlineUsers, connections: this.messaging.connections, ...totals };
  }
}
