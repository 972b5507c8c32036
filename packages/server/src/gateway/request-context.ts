import type { WorkBudget } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';

/** What handlers know of a request beside its validated content. */
export interface RequestContext {
  address: string;
  /** Whether the request was made at this machine, and not through a proxy. */
  isFromThisMachine: boolean;
  /** What the bytes of a body count against whose number was not announced. */
  budget?: WorkBudget;
  /** In which a body is parsed. */
  turns?: WorkTurns;
}
