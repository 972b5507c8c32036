import type { WorkBudget } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';

/** What handlers know of a request besides its validated content. */
export interface RequestContext {
  address: string;
  /** Whether the request was made on this machine and not through a proxy. */
  isFromThisMachine: boolean;
  /** The budget for the bytes of a body whose length was not announced. */
  budget?: WorkBudget;
  /** Schedules the parsing of bodies. */
  turns?: WorkTurns;
}
