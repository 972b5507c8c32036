import type { Scenario } from '../scenario.ts';
import { fanout } from './fanout.ts';
import { groups } from './groups.ts';
import { overload } from './overload.ts';
import { send } from './send.ts';
import { storage } from './storage.ts';

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [send, overload, fanout, groups, storage];
