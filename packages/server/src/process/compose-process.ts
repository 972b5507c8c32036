import { existsSync } from 'node:fs';
import type { Registry } from 'prom-client';
import type { Adapters } from '../compose/adapters.ts';
import { Followers } from '../followers/followers.ts';
import { Health } from '../gateway/health.ts';
import { HttpGuard } from '../gateway/http-guard.ts';
import { type ClockJump, ClockJumps } from '../platform/clock-jumps.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { logOf } from '../platform/log.ts';
import { Tracing } from '../platform/tracing.ts';
import { unitsPerTurn, WorkTurns } from '../platform/work-turns.ts';
import type { Config } from '../settings/settings.ts';
import { DistributionRole } from './distribution-role.ts';
import { Edge } from './edge.ts';
import { followerMetrics, measureFollowers } from './follower-measurements.ts';
import { type ProcessPorts, systemPorts } from './process-ports.ts';
import { measureDisk, measureServices } from './queue-metrics.ts';
import { clockJumpMetric, counted } from './server-metrics.ts';

/** The parts of one process. */
export interface ProcessParts {
  readonly metrics: Registry;
  readonly health: Health;
  readonly guard: HttpGuard;
  /** Null in a process without the roles `gateway` and `messaging`. */
  readonly edge: Edge | null;
  /** Null in a process without the role `distribution`. */
  readonly distribution: DistributionRole | null;
  /** Resolves when the roles are running. Nothing listens yet. */
  start(): Promise<void>;
  /** Stops the roles that were started. Nothing may listen any more. The adapters stay open. */
  stop(): Promise<void>;
}

/**
 * Builds the parts of a process for its roles. The product, the tests and the benchmarks all build a process here;
 * tests pass other ports or adapters.
 */
export function composeProcess(config: Config, adapters: Adapters, given: Partial<ProcessPorts> = {}): ProcessParts {
  const ports = { ...systemPorts(), ...given };
  const { clock, metrics, nextTurn } = ports;
  const isBounded = config['rate-limits'] === 'on';
  const turns = new WorkTurns(isBounded ? unitsPerTurn : Number.POSITIVE_INFINITY, nextTurn);
  const guard = new HttpGuard(clock, turns, isBounded, nextTurn);
  const { roles } = config;
  counted(
    metrics,
    'parley_http_requests_refused_total',
    'Requests above a limit of their connection or address.',
    () => guard.refused,
  );
  // The other processes of a cluster use the same services, so a load balancer gains nothing by choosing another
  // process.
  const health = new Health(adapters.checks, clock, {
    failedChecks: config.shape === 'cluster' ? 'are reported' : 'are fatal',
    isCutOff: () => roles.has('messaging') && edge?.messaging.isCutOff === true,
  });
  measureServices(metrics, adapters, health);
  if (config.shape === 'embedded' && existsSync(config.data)) measureDisk(metrics, config.data);
  const tracing = new Tracing(adapters.hops);
  const edge =
    roles.has('gateway') || roles.has('messaging') ? new Edge({ adapters, config, tracing, turns, ports }) : null;
  const countJump = clockJumpMetric(metrics);
  const clockJumps = new ClockJumps(clock, (jump) => {
    countJump(jump.byMs);
    logJump(jump);
    distribution?.clockWasSet(jump);
  });
  const distribution = roles.has('distribution')
    ? new DistributionRole({ adapters, tracing, clockJumps, ports })
    : null;
  const followers = roles.has('followers') ? composeFollowers(adapters, ports) : null;
  return {
    ...{ metrics, health, guard, edge, distribution },
    async start() {
      await edge?.start();
      await distribution?.start();
      followers?.start();
    },
    stop: () =>
      closeInOrder(
        () => guard.stop(),
        () => edge?.stop(),
        () => clockJumps.stop(),
        () => distribution?.stop(),
        () => followers?.stop(),
      ),
  };
}

function composeFollowers(adapters: Adapters, { clock, metrics, failureReporter, random }: ProcessPorts): Followers {
  const { feed, followerStates, totals } = adapters;
  const followers = new Followers({
    ...{ feed, followerStates, totals, clock, random },
    ...{ metricsOf: followerMetrics(metrics), reportFailure: failureReporter('followers') },
  });
  measureFollowers(metrics, followers, clock);
  return followers;
}

function logJump({ byMs }: ClockJump): void {
  const seconds = Math.abs(byMs) / 1_000;
  const direction = byMs > 0 ? 'ahead' : 'back';
  logOf('server').warn('The clock of this machine went {direction} by {seconds} s', { direction, seconds });
}
