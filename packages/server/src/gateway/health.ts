import { type Clock, systemClock } from '../platform/clock.ts';
import { failureReporter } from '../platform/log.ts';
import { within } from '../platform/waiting.ts';

const reportFailure = failureReporter('health');

/** Resolves when the service can be used; rejects when it can't. */
export type Check = () => Promise<unknown>;

/** Timeout of a check. A check that takes longer has failed. */
const checkTimeoutMs = 2_000;

interface HealthOptions {
  failedChecks: 'are fatal' | 'are reported';
  /** Whether this process does not reach something that other processes reach. */
  isCutOff?(): boolean;
}

/** The state of the process for load balancers and orchestrators. */
export class Health {
  private state: 'starting' | 'ready' | 'draining' = 'starting';

  constructor(
    private readonly checks: Readonly<Record<string, Check>> = {},
    private readonly clock: Pick<Clock, 'after'> = systemClock,
    private readonly options: HealthOptions = { failedChecks: 'are fatal' },
  ) {}

  ready(): void {
    this.state = 'ready';
  }

  /** From now on load balancers should send no new clients here. */
  draining(): void {
    this.state = 'draining';
  }

  /** `/livez`: the event loop runs. */
  livez(): Response {
    return answer(200, { status: 'alive' });
  }

  /** `/readyz`: the process can serve. Where failed checks are only reported, no other process could serve better. */
  async readyz(): Promise<Response> {
    if (this.state !== 'ready') return answer(503, { status: this.state });
    if (this.options.isCutOff?.()) return answer(503, { status: 'cut off', checks: await this.services() });
    const checks = await this.services();
    const failed = Object.values(checks).includes('failed');
    if (!failed) return answer(200, { status: 'ready', checks });
    return this.options.failedChecks === 'are fatal'
      ? answer(503, { status: 'unavailable', checks })
      : answer(200, { status: 'degraded', checks });
  }

  /** The outcome of each service's check now. */
  async services(): Promise<Record<string, 'ok' | 'failed'>> {
    const results = Object.entries(this.checks).map(
      async ([name, check]) => [name, await this.outcome(check)] as const,
    );
    return Object.fromEntries(await Promise.all(results));
  }

  private async outcome(check: Check): Promise<'ok' | 'failed'> {
    try {
      await within(this.clock, checkTimeoutMs, check());
      return 'ok';
    } catch (error) {
      reportFailure(error);
      return 'failed';
    }
  }
}

function answer(status: number, body: object): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
}
