import type { Adapters } from '../compose/adapters.ts';
import { ActivityTimes } from '../distribution/activity-times.ts';
import type { CommandConsumer } from '../distribution/command-log-port.ts';
import type { DistributionMetrics } from '../distribution/distribution-metrics.ts';
import { Distributor } from '../distribution/distributor.ts';
import { MailboxJanitor } from '../distribution/mailbox-janitor.ts';
import type { ClockJump, ClockJumps } from '../platform/clock-jumps.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { logOf } from '../platform/log.ts';
import type { Tracing } from '../platform/tracing.ts';
import type { ProcessPorts } from './process-ports.ts';
import { measureDistribution } from './queue-metrics.ts';
import { distributionMetrics } from './server-metrics.ts';
import { TermsRefresh } from './terms-refresh.ts';

interface DistributionRoleOptions {
  adapters: Adapters;
  tracing: Tracing;
  clockJumps: ClockJumps;
  ports: ProcessPorts;
}

interface Running {
  consumer: CommandConsumer;
  janitor: MailboxJanitor;
  termsRefresh: TermsRefresh;
  activityTimes: ActivityTimes;
}

/** The role `distribution`: decides commands, and repairs outdated data in the stores and the mailboxes. */
export class DistributionRole {
  private readonly distributor: Distributor;
  private running: Running | null = null;

  constructor(private readonly options: DistributionRoleOptions) {
    const { adapters, tracing, clockJumps, ports } = options;
    const { commandLog, history, feedWriter: feed, conversations, registry, mailboxes } = adapters;
    const { clock, metrics } = ports;
    this.distributor = new Distributor({
      ...{ commandLog, history, feed, conversations, registry, mailboxes, clock, tracing, clockJumps },
      metrics: this.metrics(),
    });
    measureDistribution(metrics, () => this.running?.consumer ?? null, clock);
  }

  /** Resolves when commands are taken from the log. */
  async start(): Promise<void> {
    const { adapters, ports } = this.options;
    const { registry, mailboxes, users, conversations, history } = adapters;
    const { clock, failureReporter, random } = ports;
    const consumer = await this.distributor.run();
    const reportFailure = failureReporter('distribution');
    const janitor = new MailboxJanitor(registry, mailboxes, clock, reportFailure);
    const termsRefresh = new TermsRefresh([users, conversations], clock, failureReporter('search terms'), random);
    termsRefresh.start();
    const activityTimes = new ActivityTimes({
      ...{ history, clock, reportFailure },
      owned: () => consumer.owned,
      settled: (count) => logOf('distribution').warn('{count} conversations were dated ahead', { count }),
    });
    this.running = { consumer, janitor, termsRefresh, activityTimes };
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = null;
    await closeInOrder(
      () => running.janitor.stop(),
      () => running.termsRefresh.stop(),
      () => running.activityTimes.stop(),
      () => running.consumer.close(),
    );
  }

  clockWasSet({ byMs, withinMs }: ClockJump): void {
    if (byMs < 0) this.running?.activityTimes.clockWentBack({ withinMs });
  }

  /**
   * The metrics for Prometheus. An entry that is dated back shows that another process may have dated conversations
   * ahead.
   */
  private metrics(): DistributionMetrics {
    const metrics = distributionMetrics(this.options.ports.metrics);
    return {
      ...metrics,
      datedBack: (entries) => {
        metrics.datedBack(entries);
        this.running?.activityTimes.entryWasAhead();
      },
    };
  }
}
