import type { Ids } from '../../src/platform/ids.ts';
import type { Role } from '../../src/settings/cluster-settings.ts';
import type { CallFault } from './faults.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';

/** A machine, on which one process after another runs. */
export class Machine {
  process: SimulatedProcess | null = null;
  /** The error of its wall clock. */
  wallOffsetMs = 0;
  /** The calls of all its processes to services: those of the work that it does, and those that come at intervals. */
  readonly work = new Calls();
  readonly polls = new Calls();

  constructor(
    readonly name: string,
    readonly roles: Set<Role>,
  ) {}
}

/** Counts calls, and has the faults of coming ones. */
export class Calls {
  private count = 0;
  private readonly faults = new Map<number, CallFault>();

  /** One of the next calls fails: 1 is the next one. */
  fail(call: number, fault: CallFault): void {
    this.faults.set(this.count + call, fault);
  }

  /** Counts a call. Returns its fault. */
  begin(): CallFault | null {
    return this.faults.get(++this.count) ?? null;
  }

  heal(): void {
    this.faults.clear();
  }
}

/** One process, from its start to its end. */
export class SimulatedProcess implements Owner {
  state: Owner['state'] = 'running';
  /** Stops it in order: it drains its connections and leaves the services. */
  stop: () => Promise<void> = async () => undefined;

  constructor(
    readonly machine: Machine,
    readonly name: string,
  ) {}
}

/** Ids from the seed. */
export function simulatedIds(random: Random, nowMs: () => number): Ids {
  return {
    uuid() {
      const time = nowMs().toString(16).padStart(12, '0');
      const variant = random.pick(['8', '9', 'a', 'b'] as const);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${random.hex(3)}-${variant}${random.hex(3)}-${random.hex(12)}`;
    },
    token: () => Buffer.from(random.hex(64), 'hex').toString('base64url'),
  };
}
