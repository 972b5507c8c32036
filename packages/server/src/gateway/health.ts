import { type Clock, systemClock } from '../platform/clock.ts';
import { failureReporter } from '../platform/log.ts';
import { within } from '../platform/waiting.ts';

const reportFailure = failureReporter('health');

/** Resolves when what it looks at can serve; rejects when it can't. */
export type Check = () => Promise<unknown>;

/** A check that takes longer has failed: whoever asks won't wait for it. */
const checkTimeoutMs = 2_000;

/** Where the process is in its life, as load balancers and orchestrators ask. */
export class Health {
  private state: 'starting' | 'ready' | 'draining' = 'starting';

  constructor(
    private readonly checks: Readonly<Record<string, Check>> = {},
    private readonly clock: Pick<Clock, 'after'> = systemClock,
    private readonly options: { failedChecks: 'are fatal' | 'are told' } = { failedChecks: 'are fatal' },
  ) {}

  ready(): void {
    this.state = 'ready';
  }

  /** From now on nobody new should be sent here. */
  draining(): void {
    this.state = 'draining';
  }

  /** `/livez`: the process turns. */
  livez(): Response {
    return answer(200, { status: 'alive' });
  }

  /** `/readyz`: it can serve, or, where failed checks are told alone, nobody else could serve better. */
  async readyz(): Promise<Response> {
    if (this.state !== 'ready') return answer(503, { status: this.state });
    const checks = await this.services();
    const failed = Object.values(checks).includes('failed');
    if (!failed) return answer(200, { status: 'ready', checks });
    return this.options.failedChecks === 'are fatal'
      ? answer(503, { status: 'unavailable', checks })
      : answer(200, { status: 'degraded', checks });
  }

  /** What each service's check comes to now. */
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
