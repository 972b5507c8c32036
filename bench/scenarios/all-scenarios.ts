import type { Scenario } from '../scenario.ts';
import { fanout } from './fanout.ts';
import { groups } from './groups.ts';
import { idle } from './idle.ts';
import { mixed } from './mixed.ts';
import { overload } from './overload.ts';
import { send } from './send.ts';
import { storage } from './storage.ts';

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [send, overload, fanout, groups, mixed, idle, storage];
