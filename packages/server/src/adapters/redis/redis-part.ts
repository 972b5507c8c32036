import type { UserId } from '@parley/protocol';
import type { ConnectionRegistry, RegistryPart } from '../../connections/registry-port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RedisState } from './generation.ts';

/** The minimum time between two new generations of a server that look-ups keep leaving out. */
const skippedIntervalMs = 30_000;
/** Without a new note for this long, look-ups have stopped leaving the server out. */
const skippedPauseMs = 2_000;

/** The state that each server reports; null for an unavailable server. */
export type States = ReadonlyMap<string, RedisState | null>;

/** A Redis server as {@link RedisPart} uses it: a registry of its own. */
export interface PartServer extends ConnectionRegistry, RegistryPart {
  /** Whether the server has been unavailable for so long that calls are refused at once. */
  readonly isLost: boolean;
  state(): Promise<RedisState>;
  noteSkipped(names: readonly string[]): Promise<void>;
}

/**
 * One of several Redis servers. Its generation also changes after look-ups left it out, and after this process could not
 * register something there.
 */
export class RedisPart implements RegistryPart {
  private readonly skipped: SkippedLookUps;
  /** The number of registrations that resolved although the server was unavailable. */
  private missing = 0;

  /** `states` reads the state of all servers. */
  constructor(
    readonly name: string,
    readonly registry: PartServer,
    private readonly states: () => Promise<States>,
    clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.skipped = new SkippedLookUps(name, clock);
  }

  get isLost(): boolean {
    return this.registry.isLost;
  }

  async generation(): Promise<string> {
    const states = await this.states();
    // An unavailable server is called once more, to reject with the reason.
    const { generation } = states.get(this.name) ?? (await this.registry.state());
    return `${generation}/${this.skipped.among(states, generation)}/${this.missing}`;
  }

  /** Registers something. While the server is unavailable, it resolves, and the edge registers everything again later. */
  async registerNowOrAgain(register: () => Promise<void>): Promise<void> {
    await register().catch((error: unknown) => {
      if (!this.isLost) throw error;
      this.missing++;
    });
  }

  openServer(serverId: string, leaseMs: number, level?: number): Promise<void> {
    return this.registry.openServer(serverId, leaseMs, level);
  }

  renewLease(serverId: string, leaseMs: number): Promise<boolean> {
    return this.registry.renewLease(serverId, leaseMs);
  }

  closeServer(serverId: string): Promise<UserId[]> {
    return this.registry.closeServer(serverId);
  }

  liveServers(): Promise<string[]> {
    return this.registry.liveServers();
  }
}

/**
 * The notes on the other servers that say that look-ups left this server out. Its users may have missed entries, so a new
 * note makes a new generation. A process that is cut off from the server writes notes all the time, and each generation
 * has many clients resynchronise, so the number of generations is bounded.
 */
class SkippedLookUps {
  /** The last note on each other server. It stays while that server is unavailable, and after the server has lost it. */
  private readonly notes = new Map<string, string>();
  private generation = '';
  private accepted = '';
  private acceptedAtMs = 0;
  private seen = '';
  private seenAtMs = 0;

  constructor(
    private readonly name: string,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** `generation`: of this server's own data. */
  among(states: States, generation: string): string {
    for (const [server, state] of states) {
      const note = state?.skipped[this.name];
      if (note !== undefined && server !== this.name) this.notes.set(server, note);
    }
    const notes = [...this.notes].sort().join('/');
    const nowMs = this.clock.monotonicMs();
    if (notes !== this.seen) [this.seen, this.seenAtMs] = [notes, nowMs];
    const isOver = nowMs - this.seenAtMs >= skippedPauseMs;
    const isDue = nowMs - this.acceptedAtMs >= skippedIntervalMs;
    if (notes !== this.accepted && (isOver || isDue || generation !== this.generation)) {
      [this.accepted, this.acceptedAtMs] = [notes, nowMs];
    }
    this.generation = generation;
    return this.accepted;
  }
}
